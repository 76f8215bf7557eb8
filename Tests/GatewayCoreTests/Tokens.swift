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
