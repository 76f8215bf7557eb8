// OpenID: who somebody is, by the word of a provider that the operator trusts (OpenID Connect Core 1.0, by code). libcjose reads
// and verifies what the provider signs (RFC 7515), libcurl carries the questions.

import CCjose
import Glibc

/// A signed token in its compact form, which says nothing until a key has verified it.
///
/// libcjose's own reading of the header decides: there is no second one that could see another algorithm in it.
final class SignedToken {
    /// What is taken: signatures by a key that only the provider has. Neither `none` nor `HS…`, whose key the client knows too;
    /// EdDSA is beyond libcjose.
    static let algorithms: Set<String> = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    ]
    /// Bytes of a token at most.
    static let limit = 64 * 1024

    let algorithm: String
    /// Nil where the token names no key.
    let keyID: String?
    // cjose_jws_t, released in deinit.
    private let handle: OpaquePointer

    /// Reads a token.
    /// - Throws: ``OpenIDError`` for what is none, or asks for what is not understood here.
    init(_ text: String) throws(OpenIDError) {
        guard text.utf8.count <= Self.limit else { throw .untrusted("the id token is too long") }
        guard text.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2 else {
            throw .untrusted("the id token is not signed, or encrypted")
        }
        // It copies the text, and refuses an `alg` that it does not know (cjose/jws.h).
        guard let handle = text.withCString({ cjose_jws_import($0, text.utf8.count, nil) }) else {
            throw .untrusted("the id token cannot be read, or is signed in an unknown way")
        }
        // Owned by the token: it is not released here (cjose_jws_get_protected).
        guard let header = cjose_jws_get_protected(handle), let name = cjose_header_get(header, "alg", nil) else {
            cjose_jws_release(handle)
            throw .untrusted("the id token does not say how it is signed")
        }
        let algorithm = String(cString: name)
        guard Self.algorithms.contains(algorithm) else {
            cjose_jws_release(handle)
            throw .untrusted("the id token is signed by \(OpenIDError.word(algorithm)), which is not taken")
        }
        // RFC 7515, 4.1.11: whoever does not understand an extension must refuse the token.
        if let extensions = cjose_header_get_raw(header, "crit", nil) {
            free(extensions)
            cjose_jws_release(handle)
            throw .untrusted("the id token has extensions that are not known here")
        }
        self.algorithm = algorithm
        keyID = cjose_header_get(header, "kid", nil).map { String(cString: $0) }
        self.handle = handle
    }

    deinit {
        cjose_jws_release(handle)
    }

    /// What the token says, if the key has signed it.
    /// - Throws: ``OpenIDError`` when it has not.
    func payload(verifiedBy key: SigningKey) throws(OpenIDError) -> [UInt8] {
        guard key.fits(algorithm), let jwk = cjose_jwk_import(key.json, key.json.utf8.count, nil) else {
            throw .untrusted("the provider's key cannot be used")
        }
        defer { cjose_jwk_release(jwk) }
        guard cjose_jws_verify(handle, jwk, nil) else {
            throw .untrusted("the id token's signature is wrong")
        }
        // The bytes belong to the token (cjose_jws_get_plaintext); they are copied while it lives.
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard cjose_jws_get_plaintext(handle, &bytes, &count, nil), let bytes else {
            throw .untrusted("the id token is empty")
        }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
