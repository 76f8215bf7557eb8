import Foundation

@testable import Accounts

extension TokenRequest {
    /// A token that may do what programs mostly do.
    static func named(
        _ label: String, scopes: Set<TokenScope> = [.readAnalyses, .writeAnalyses, .account], days: Int? = nil,
        networks: [String] = []
    ) -> TokenRequest {
        TokenRequest(label: label, scopes: scopes, days: days, networks: networks)
    }
}

extension AccountStore {
    /// The person for whom a token acts; nil when it opens nothing.
    func holder(of text: String) async throws -> User? {
        do {
            return try await holder(ofToken: text, from: "127.0.0.1").user
        } catch is TokenRefusal {
            return nil
        }
    }
}
