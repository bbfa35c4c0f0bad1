"""Every operation that PyKMIP's client has, in one version of KMIP, as JSON: what was asked, and what came of it."""
import base64
import json
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")

from kmip.core import attributes, enums, objects as core_objects
from kmip.core.factories.attributes import AttributeFactory
from kmip.pie import client, objects

port, root, certificate, key, version, username = sys.argv[1:7]
results = []


def step(name, action):
    try:
        answer = action()
        results.append([name, True, answer if isinstance(answer, (str, int, list, bool, type(None))) else str(answer)])
        return answer
    except Exception as error:  # what a client sees is the result
        results.append([name, False, f"{type(error).__name__}: {error}"])
        return None


config = tempfile.NamedTemporaryFile("w", suffix=".conf")
config.write("[client]\n")
config.flush()

proxy = client.ProxyKmipClient(
    hostname="127.0.0.1",
    port=int(port),
    cert=certificate,
    key=key,
    ca=root,
    ssl_version="PROTOCOL_TLS",
    config="client",
    config_file=config.name,
    kmip_version=enums.KMIPVersion[version],
)
mask = enums.CryptographicUsageMask
algorithm = enums.CryptographicAlgorithm
name = lambda text: f"{text} {version}"
two = version == "KMIP_2_0"

with proxy:
    raw = proxy.proxy

    def query():
        result = raw.query(
            query_functions=[enums.QueryFunction.QUERY_OPERATIONS, enums.QueryFunction.QUERY_OBJECTS]
        )
        return len(result.operations)

    step("query", query)
    if version != "KMIP_1_0":
        step("discover_versions", lambda: len(raw.discover_versions().protocol_versions))

    aes = step(
        "create",
        lambda: proxy.create(
            algorithm.AES, 256, name=name("aes"), cryptographic_usage_mask=[mask.ENCRYPT, mask.DECRYPT]
        ),
    )
    rsa = step(
        "create_key_pair",
        lambda: proxy.create_key_pair(
            algorithm.RSA,
            2048,
            public_name=name("public"),
            private_name=name("private"),
            public_usage_mask=[mask.VERIFY],
            private_usage_mask=[mask.SIGN],
        ),
    )
    public_key, private_key = rsa or (None, None)
    hmac = step(
        "register",
        lambda: proxy.register(
            objects.SymmetricKey(
                algorithm.HMAC_SHA256,
                256,
                bytes(range(32)),
                masks=[mask.MAC_GENERATE, mask.MAC_VERIFY],
                name=name("hmac"),
            )
        ),
    )
    password = step(
        "register secret",
        lambda: proxy.register(
            objects.SecretData(b"correct horse", enums.SecretDataType.PASSWORD, masks=[mask.DERIVE_KEY], name=name("secret"))
        ),
    )
    step("register opaque", lambda: proxy.register(objects.OpaqueObject(b"\x01\x02", enums.OpaqueDataType.NONE, name=name("opaque"))))
    step("locate", lambda: proxy.locate(attributes=[AttributeFactory().create_attribute(enums.AttributeType.NAME, attributes.Name.create(name("aes"), enums.NameType.UNINTERPRETED_TEXT_STRING))]) == [aes])
    step("check", lambda: proxy.check(aes, cryptographic_usage_mask=[mask.ENCRYPT]) == aes)
    step("get", lambda: len(proxy.get(aes).value))
    step("get secret", lambda: proxy.get(password).value.decode())
    step("get public key", lambda: proxy.get(public_key).key_format_type.name)
    pem = open(root).read().split("-----")[2]
    held = step(
        "register certificate",
        lambda: proxy.register(
            objects.X509Certificate(base64.b64decode(pem), masks=[mask.VERIFY], name=name("certificate"))
        ),
    )
    step("get certificate", lambda: proxy.get(held).value == base64.b64decode(pem))
    for kind, uid, of, masks in [
        ("public", public_key, objects.PublicKey, [mask.VERIFY]),
        ("private", private_key, objects.PrivateKey, [mask.SIGN]),
    ]:
        first = proxy.get(uid)
        again = step(
            f"register {kind}",
            lambda: proxy.register(
                of(algorithm.RSA, 2048, first.value, first.key_format_type, masks=masks, name=name(f"{kind} again"))
            ),
        )
        step(f"get registered {kind}", lambda: proxy.get(again).value == first.value)
    step("get_attribute_list", lambda: len(proxy.get_attribute_list(aes)) > 5)
    step("get_attributes", lambda: [str(a.attribute_value) for a in proxy.get_attributes(aes, ["Cryptographic Length"])[1]])
    if two:
        step("set_attribute", lambda: proxy.set_attribute(unique_identifier=aes, attribute_name="Sensitive", attribute_value=True))
        step("modify_attribute", lambda: proxy.modify_attribute(
            unique_identifier=hmac,
            current_attribute=core_objects.CurrentAttribute(attribute=attributes.Name.create(name("hmac"), enums.NameType.UNINTERPRETED_TEXT_STRING)),
            new_attribute=core_objects.NewAttribute(attribute=attributes.Name.create(name("other"), enums.NameType.UNINTERPRETED_TEXT_STRING))) is not None)
        step("delete_attribute", lambda: proxy.delete_attribute(
            unique_identifier=hmac,
            attribute_reference=core_objects.AttributeReference(vendor_identification="KMIP", attribute_name="Name")) is not None)
    else:
        step("modify_attribute", lambda: proxy.modify_attribute(
            unique_identifier=hmac,
            attribute=AttributeFactory().create_attribute(enums.AttributeType.NAME, attributes.Name.create(name("other"), enums.NameType.UNINTERPRETED_TEXT_STRING), 0)) is not None)
        step("delete_attribute", lambda: proxy.delete_attribute(unique_identifier=hmac, attribute_name="Name", attribute_index=0) is not None)
    for one in [aes, private_key, public_key, hmac, password]:
        step("activate", lambda: proxy.activate(one))
    if version >= "KMIP_1_2":
        cbc = dict(
            block_cipher_mode=enums.BlockCipherMode.CBC, padding_method=enums.PaddingMethod.PKCS5
        )
        sealed = step("encrypt", lambda: [part.hex() for part in proxy.encrypt(b"hello", uid=aes, cryptographic_parameters=cbc)])
        if sealed:
            step("decrypt", lambda: proxy.decrypt(bytes.fromhex(sealed[0]), uid=aes, cryptographic_parameters=cbc, iv_counter_nonce=bytes.fromhex(sealed[1])).decode())
        pss = dict(
            padding_method=enums.PaddingMethod.PSS,
            hashing_algorithm=enums.HashingAlgorithm.SHA_256,
            cryptographic_algorithm=algorithm.RSA,
        )
        signature = step("sign", lambda: proxy.sign(b"hello", uid=private_key, cryptographic_parameters=pss).hex())
        if signature:
            step("signature_verify", lambda: proxy.signature_verify(b"hello", bytes.fromhex(signature), uid=public_key, cryptographic_parameters=pss).name)
        step("mac", lambda: proxy.mac(b"hello", uid=hmac, algorithm=algorithm.HMAC_SHA256)[1].hex())
    step(
        "derive_key",
        lambda: proxy.derive_key(
            enums.ObjectType.SYMMETRIC_KEY,
            [password],
            enums.DerivationMethod.PBKDF2,
            {
                "cryptographic_parameters": {"hashing_algorithm": enums.HashingAlgorithm.SHA_256},
                "salt": b"salt and more salt",
                "iteration_count": 1000,
            },
            cryptographic_length=256,
            cryptographic_algorithm=algorithm.AES,
            cryptographic_usage_mask=[mask.ENCRYPT, mask.DECRYPT],
        ),
    )
    next_key = step("rekey", lambda: proxy.rekey(uid=aes, offset=0))
    if version != "KMIP_1_0":
        step("rekey_key_pair", lambda: raw.rekey_key_pair(private_key_uuid=attributes.PrivateKeyUniqueIdentifier(private_key)).result_status.value.name)
    step("destroy an active one", lambda: proxy.destroy(aes))
    step("revoke", lambda: proxy.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid=aes))
    step("destroy", lambda: proxy.destroy(aes))
    step("get what is gone", lambda: proxy.get(aes))

print(json.dumps(results))
