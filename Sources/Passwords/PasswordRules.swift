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
        /// Little more than the person's own name or address, or the site's name.
        case contextual
    }

    /// Characters, counted as a person counts them.
    public static let length = 8...128

    /// Looks at a new password.
    /// - Parameters:
    ///   - password: What the person chose.
    ///   - context: The person's name and e-mail address and the site's name, whose words whoever attacks the account
    ///     tries first.
    /// - Returns: Why it is refused, or nil.
    public static func problem(with password: String, context: [String] = []) -> Problem? {
        if password.count < length.lowerBound { return .tooShort }
        // The byte limit bounds the work for characters that are made of very many code points.
        if password.count > length.upperBound || password.utf8.count > length.upperBound * 8 { return .tooLong }
        let lowered = password.lowercased()
        if common.contains(lowered) || isMonotonous(lowered) { return .common }
        if isMade(password, of: context) { return .contextual }
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

    /// What a password has to have besides words of its context: fewer letters and digits, such as a year, are guessed.
    private static let shortestRest = 5

    /// Whether little is left of a password without the words of its context (NIST SP 800-63B, 5.1.1.2:
    /// "context-specific words, such as the name of the service, the username, and derivatives thereof").
    private static func isMade(_ password: String, of context: [String]) -> Bool {
        // Words of two letters are found in anything.
        let words = Set(context.flatMap { folded($0).split(whereSeparator: { !$0.isLetter && !$0.isNumber }) })
            .filter { $0.count > 2 }.sorted { $0.count > $1.count }
        let whole = folded(password).filter { $0.isLetter || $0.isNumber }
        let rest = words.reduce(whole) { $0.replacing($1, with: "") }
        return rest != whole && rest.count < shortestRest
    }

    private static func folded(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
    }
}
