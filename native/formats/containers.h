// The DER containers of keys and the ways between them: PKCS#1 (RFC 8017 appendix A.1), PKCS#8 (RFC 5958), SEC1 (RFC 5915)
// and SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). What is inside is checked by whoever makes a key of it.
#pragma once

#include "keys/key.h"

namespace mortise {

enum class Container { kUnknown, kPkcs8, kEncryptedPkcs8, kSpki, kPkcs1Private, kPkcs1Public, kSec1 };

// By the tags of its first elements.
Container ContainerOf(ByteView der);

Result<SecureBytes> MakePkcs8(KeyType type, Curve curve, ByteView private_key);
Result<SecureBytes> MakeSpki(KeyType type, Curve curve, ByteView public_key);
// PKCS#8 of a SEC1 key that names its curve.
Result<SecureBytes> Pkcs8OfSec1(ByteView sec1);
// SEC1, with its curve named, of the PKCS#8 of an EC key.
Result<SecureBytes> Sec1OfPkcs8(ByteView pkcs8, Curve curve);

// What stands in the OCTET STRING of PKCS#8 and in the BIT STRING of SPKI, of keys that Mortise has encoded.
Result<ByteView> PrivateKeyIn(ByteView pkcs8);
Result<ByteView> PublicKeyIn(ByteView spki);

}  // namespace mortise
