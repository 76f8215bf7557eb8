// Settings: typed reading of the MIEN_ variables, so that every process refuses wrong values in the same clear words.

public import Configuration
public import Foundation

/// Reads settings and collects everything that is wrong with them, so that an operator sees all of it at once.
///
/// Ask for each setting, then call ``check()``. A setting comes from the environment, or for `NAME_FILE` from the file
/// named there (Docker and Kubernetes secrets), or is the default.
public final class SettingsReader {
    private let reader: ConfigReader
    private var problems: [String] = []
    /// The files that `NAME_FILE` settings name, as far as they were asked for; each once.
    public private(set) var secretFiles: [SecretFile] = []

    /// Reads the process's environment.
    public convenience init() {
        self.init(ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// Reads any configuration; tests pass an in-memory environment.
    public init(_ reader: ConfigReader) {
        self.reader = reader
    }

    /// Reads the given variables as if they were the environment.
    public convenience init(environment: [String: String]) {
        self.init(ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)))
    }

    /// The text of a setting, or nil where it is unset or empty.
    ///
    /// - Parameters:
    ///   - name: the variable, such as `MIEN_HTTP_PORT`.
    ///   - isSecret: keeps the value out of access reports.
    public func optionalString(_ name: String, isSecret: Bool = false) -> String? {
        if let value = lookUp(name, isSecret: isSecret) { return value }
        guard let path = lookUp("\(name)_FILE", isSecret: false) else { return nil }
        let file = SecretFile(setting: "\(name)_FILE", path: path)
        if !secretFiles.contains(file) { secretFiles.append(file) }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            if text.isEmpty { problems.append("\(name)_FILE names \"\(path)\", which is empty.") }
            return text.isEmpty ? nil : text
        } catch {
            problems.append("\(name)_FILE names \"\(path)\", which cannot be read as UTF-8 text.")
            return nil
        }
    }

    /// The text of a setting, or its default.
    public func string(_ name: String, default defaultValue: String) -> String {
        optionalString(name) ?? defaultValue
    }

    /// A text that must be there.
    ///
    /// - Parameter hint: what the setting takes, for the message when it is missing.
    public func requiredString(_ name: String, hint: String, isSecret: Bool = false) -> String {
        if let value = optionalString(name, isSecret: isSecret) { return value }
        problems.append("\(name) is not set. It takes \(hint).")
        return ""
    }

    /// A whole number within a range.
    public func integer(_ name: String, default defaultValue: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = optionalString(name) else { return defaultValue }
        guard let value = Int(text), range.contains(value) else {
            refuse(name, text, takes: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            return defaultValue
        }
        return value
    }

    /// One of a few words.
    public func choice<Value: RawRepresentable & CaseIterable>(_ name: String, default defaultValue: Value) -> Value
    where Value.RawValue == String {
        guard let text = optionalString(name) else { return defaultValue }
        guard let value = Value(rawValue: text) else {
            refuse(name, text, takes: Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "))
            return defaultValue
        }
        return value
    }

    /// Something that is off unless it says "yes".
    public func isOn(_ name: String) -> Bool {
        choice(name, default: Switch.no) == .yes
    }

    private enum Switch: String, CaseIterable { case yes, no }

    /// An absolute http or https address without a path.
    public func httpURL(_ name: String, default defaultValue: String) -> URL {
        let text = string(name, default: defaultValue)
        if let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host()?.isEmpty == false {
            return url
        }
        refuse(name, text, takes: "an address such as \(defaultValue)")
        return URL(string: defaultValue)!
    }

    /// A path that must exist already.
    public func existingPath(_ name: String, default defaultValue: String?, hint: String) -> URL {
        guard let path = optionalString(name) ?? defaultValue else {
            problems.append("\(name) is not set. It takes \(hint).")
            return URL(fileURLWithPath: "/")
        }
        if !FileManager.default.fileExists(atPath: path) { refuse(name, path, takes: "\(hint); nothing is there") }
        return URL(fileURLWithPath: path)
    }

    /// Adds a problem that a caller found in a value, such as a list that names an unknown word.
    public func refuse(_ name: String, _ value: String, takes: String) {
        problems.append("\(name) is \"\(value)\". It takes \(takes).")
    }

    /// Adds a problem without showing the value, for secrets.
    public func refuseSecret(_ name: String, because reason: String) {
        problems.append("\(name) \(reason).")
    }

    /// Throws everything that was wrong, or returns when nothing was.
    public func check() throws(SettingsError) {
        if !problems.isEmpty { throw SettingsError(problems: problems) }
    }

    private func lookUp(_ name: String, isSecret: Bool) -> String? {
        let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
        let value = reader.string(forKey: key, isSecret: isSecret)
        return value?.isEmpty == false ? value : nil
    }
}

/// A file that holds a setting's value: a secret that is not to stand in the environment.
public struct SecretFile: Sendable, Hashable {
    /// The setting that names it, such as `MIEN_SECRET_FILE`.
    public let setting: String
    /// Where it is.
    public let path: String

    /// Names a file.
    public init(setting: String, path: String) {
        self.setting = setting
        self.path = path
    }
}

/// Settings that cannot be used, each with its name, what it held and what it takes.
public struct SettingsError: Error, CustomStringConvertible {
    /// One sentence per wrong setting.
    public let problems: [String]

    /// All problems, a line each.
    public var description: String { problems.joined(separator: "\n") }
}
