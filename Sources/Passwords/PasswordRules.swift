import Foundation

/// What a new password must be: 8 to 128 characters, and not one that everybody tries first. No composition rules: they
/// make passwords harder to remember and no harder to guess (NIST SP 800-63B, 5.1.1.2).
public enum PasswordRules {
    /// Why a password is refused.
    public enum Problem: Sendable, Hashable {
        /// Fewer than 8 characters.
        case tooShort
        /// More than 128 characters.
        case tooLong
        /// One that everybody tries first.
        case common
        /// The person's own name or address.
        case personal
    }

    /// Characters, counted as a person counts them.
    public static let length = 8...128

    /// Looks at a new password.
    /// - Parameters:
    ///   - password: What the person chose.
    ///   - personal: The person's name and e-mail address, which whoever attacks the account tries first.
    /// - Returns: Why it is refused, or nil.
    public static func problem(with password: String, personal: [String] = []) -> Problem? {
        if password.count < length.lowerBound { return .tooShort }
        // The byte limit bounds the work for characters that are made of very many code points.
        if password.count > length.upperBound || password.utf8.count > length.upperBound * 8 { return .tooLong }
        let lowered = password.lowercased()
        if common.contains(lowered) || isMonotonous(lowered) { return .common }
        if personal.contains(where: { isNamed(lowered, after: $0.lowercased()) }) { return .personal }
        return nil
    }

    /// The 3,000 most common passwords of eight characters or more, in lower case.
    static let common: Set<String> = {
        let text = String(decoding: PackageResources.common_passwords_txt, as: UTF8.self)
        return Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.lowercased() })
    }()

    /// One character again and again.
    private static func isMonotonous(_ password: String) -> Bool {
        Set(password).count == 1
    }

    private static func isNamed(_ password: String, after personal: String) -> Bool {
        let local = personal.prefix { $0 != "@" }
        return password == personal || (!local.isEmpty && password == local)
    }
}
