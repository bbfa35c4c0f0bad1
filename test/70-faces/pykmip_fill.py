"""Fills PyKMIP's server with an object of each kind, in each state. Prints their identifiers."""
import json
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")

from kmip.core import attributes, enums, objects as core_objects
from kmip.core.factories.attributes import AttributeFactory
from kmip.pie import client, objects

port, root, certificate, key, der = sys.argv[1:6]
config = tempfile.NamedTemporaryFile("w", suffix=".conf")
config.write("[client]\n")
config.flush()
mask = enums.CryptographicUsageMask
aes = enums.CryptographicAlgorithm.AES
both = [mask.ENCRYPT, mask.DECRYPT]
ids = {}

with client.ProxyKmipClient(
    hostname="127.0.0.1",
    port=int(port),
    cert=certificate,
    key=key,
    ca=root,
    ssl_version="PROTOCOL_TLS",
    config="client",
    config_file=config.name,
    kmip_version=enums.KMIPVersion.KMIP_1_2,
) as proxy:
    ids["fresh"] = proxy.create(aes, 256, name="fresh", cryptographic_usage_mask=both)
    known = objects.SymmetricKey(aes, 256, bytes(range(32)), masks=both, name="known")
    ids["active"] = proxy.register(known)
    proxy.activate(ids["active"])
    for state, reason in [
        ("deactivated", enums.RevocationReasonCode.CESSATION_OF_OPERATION),
        ("compromised", enums.RevocationReasonCode.KEY_COMPROMISE),
    ]:
        ids[state] = proxy.create(aes, 128, name=state, cryptographic_usage_mask=both)
        proxy.activate(ids[state])
        proxy.revoke(reason, uid=ids[state], revocation_message="because")
    public, private = proxy.create_key_pair(
        enums.CryptographicAlgorithm.RSA,
        2048,
        public_name="public",
        private_name="private",
        public_usage_mask=[mask.VERIFY],
        private_usage_mask=[mask.SIGN],
    )
    ids["public"], ids["private"] = public, private
    ids["hmac"] = proxy.register(
        objects.SymmetricKey(
            enums.CryptographicAlgorithm.HMAC_SHA256, 256, bytes(32), masks=[mask.MAC_GENERATE], name="hmac"
        )
    )
    ids["secret"] = proxy.register(
        objects.SecretData(b"correct horse", enums.SecretDataType.PASSWORD, masks=[mask.DERIVE_KEY], name="secret")
    )
    ids["opaque"] = proxy.register(objects.OpaqueObject(b"\x01\x02", enums.OpaqueDataType.NONE, name="opaque"))
    ids["certificate"] = proxy.register(
        objects.X509Certificate(bytes.fromhex(der), masks=[mask.VERIFY], name="certificate")
    )
    # Its client gives one name: two need their places said.
    names = [
        AttributeFactory().create_attribute(
            enums.AttributeType.NAME,
            attributes.Name.create(text, enums.NameType.UNINTERPRETED_TEXT_STRING),
            index,
        )
        for index, text in enumerate(["first", "second"])
    ]
    secret = objects.SecretData(b"secret", enums.SecretDataType.PASSWORD)
    ids["named"] = proxy.proxy.register(
        enums.ObjectType.SECRET_DATA,
        core_objects.TemplateAttribute(attributes=names),
        proxy.object_factory.convert(secret),
    ).uuid
    # What the policy approved does not take.
    ids["blowfish"] = proxy.register(
        objects.SymmetricKey(
            enums.CryptographicAlgorithm.BLOWFISH, 128, bytes(16), masks=both, name="blowfish"
        )
    )

print(json.dumps(ids))
