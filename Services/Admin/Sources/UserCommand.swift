import Accounts
import ArgumentParser
import Foundation
import Settings

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Makes and changes accounts.", discussion: "Reads MIEN_DATABASE_URL.",
        subcommands: [
            Create.self, SetPassword.self, ResetPassword.self, SecondFactorOff.self, Connect.self, Disconnect.self,
            FirstAdministratorLink.self, List.self, Delete.self,
        ])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an account. The password is read from standard input.")
        @Option(help: "The person's name.") var name: String
        @Option(help: "The address to log in with.") var email: String
        @Flag(help: "Let the person use the operations pages.") var admin = false

        func run() async throws {
            let password = try SecretInput.read("Password: ")
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.register(name: name, email: email, password: password, isAdmin: admin)
                try await accounts.note(.userMade, of: user, "mien user create")
                if admin { try await accounts.note(.administratorMade, of: user, "mien user create") }
                print("Made the account of \(user.name) <\(user.email)>.")
            }
        }
    }

    struct SetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives an account a new password, read from standard input; ends its sessions and API tokens.",
            discussion: "A provider (OpenID Connect) opens the account no more until it is connected again.")
        @Argument(help: "The account's e-mail address.") var email: String
        @Flag(help: "Let the account's API tokens go on.") var keepTokens = false

        func run() async throws {
            let password = try SecretInput.read("New password: ")
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.existing(email)
                try await accounts.setPassword(password, of: user, keepingTokens: keepTokens)
                try await accounts.note(.passwordChanged, of: user, "mien user set-password")
                print("The password is changed; all sessions\(keepTokens ? "" : " and API tokens") are ended.")
                guard !user.issuers.isEmpty else { return }
                try await accounts.note(.identityDisconnected, of: user, "mien user set-password")
                print("No provider opens the account any more. To connect it again: mien user connect \(email) SUBJECT")
            }
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints a link with which its holder sets a new password of the account, once, within a day.",
            discussion: "The link begins with MIEN_PUBLIC_URL. Give it to nobody but the account's owner.")
        @Argument(help: "The account's e-mail address.") var email: String

        func run() async throws {
            let settings = SettingsReader()
            let site = PublicAddress.read(settings)
            try await AdminDatabase.with(settings) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.existing(email)
                let token = try await accounts.makeResetToken(for: user.id)
                try await accounts.note(.resetLinkMade, of: user, "mien user reset-password")
                print("\(site)/reset?token=\(token)")
            }
        }
    }

    struct SecondFactorOff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "second-factor-off",
            abstract: "Switches an account's second factor off, for who has lost phone and recovery codes.",
            discussion: "From then on the password alone opens the account; the audit log tells of it.")
        @Argument(help: "The account's e-mail address.") var email: String

        func run() async throws {
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.existing(email)
                guard try await accounts.switchSecondFactorOff(of: user.id) else {
                    throw CommandFailure(message: "\(email) has no second factor.")
                }
                try await accounts.note(.secondFactorOff, of: user, "mien user second-factor-off")
                print("The second factor is off. Its owner can set up another on the account page.")
            }
        }
    }

    struct Connect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Connects an account with somebody at the provider (OpenID Connect), who then gets in by it.",
            discussion: "Reads MIEN_OIDC_ISSUER. For people who cannot do it themselves under Account, Security.")
        @Argument(help: "The account's e-mail address.") var email: String
        @Argument(help: "Who the person is to the provider: the claim \"sub\" of their id tokens.") var subject: String

        func run() async throws {
            let settings = SettingsReader()
            let issuer = settings.requiredString("MIEN_OIDC_ISSUER", hint: "the provider's address")
            guard (1...255).contains(subject.utf8.count) else {
                throw ValidationError("A subject has 1 to 255 bytes.")
            }
            try await AdminDatabase.with(settings) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.existing(email)
                switch try await accounts.connect(ProviderIdentity(issuer: issuer, subject: subject), with: user.id) {
                case .connected, .already: break
                case .others: throw CommandFailure(message: "\(subject) is connected with another account.")
                case .hasAnother:
                    throw CommandFailure(
                        message: "\(email) is connected with somebody else there. First: mien user disconnect \(email)")
                }
                try await accounts.note(.identityConnected, of: user, "mien user connect")
                print("\(subject) of \(issuer) opens the account of \(user.name) <\(user.email)> now.")
            }
        }
    }

    struct Disconnect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Takes away that a provider (OpenID Connect) opens an account, and ends the sessions that it opened.",
            discussion: """
                An account without a password then opens by a link alone: mien user reset-password. With \
                MIEN_PASSWORD_LOG_IN=off, connect it anew.
                """)
        @Argument(help: "The account's e-mail address.") var email: String

        func run() async throws {
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.existing(email)
                guard try await accounts.disconnect(user.id, always: true) else {
                    throw CommandFailure(message: "\(email) is connected with nobody.")
                }
                try await accounts.note(.identityDisconnected, of: user, "mien user disconnect")
                print(
                    "The account is disconnected\(user.hasPassword ? "." : "; it has no password: mien user reset-password \(email)")"
                )
            }
        }
    }

    struct FirstAdministratorLink: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "first-administrator-link",
            abstract: "Prints a link with which its holder makes the first administrator's account, within a week.",
            discussion: "Prints nothing when there is an administrator already. The link begins with MIEN_PUBLIC_URL.")

        func run() async throws {
            let settings = SettingsReader()
            let site = PublicAddress.read(settings)
            try await AdminDatabase.with(settings) { pool in
                guard let token = try await AccountStore(database: pool).makeFirstAdministratorToken() else { return }
                print("\(site)/setup?token=\(token)")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes an account with all its photos and results, for good.")
        @Argument(help: "The account's e-mail address.") var email: String
        @Flag(help: "Needed, so that nobody is deleted by a slip.") var yes = false

        func run() async throws {
            guard yes else { throw ValidationError("Add --yes to delete \(email) with all photos and results.") }
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                let isGone = try await accounts.delete(accounts.existing(email).id)
                // Of the account nothing is said: what the log says of it goes with it.
                try await accounts.note(.userDeleted, of: nil, "mien user delete")
                guard isGone else {
                    print("The account is closed. The gateway is deleting the rest of it.")
                    return
                }
                print("The account is deleted.")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the accounts.")

        func run() async throws {
            try await AdminDatabase.with(SettingsReader()) { pool in
                for user in try await AccountStore(database: pool).users() {
                    let role =
                        (user.isAdmin ? "administrator" : "user") + (user.hasSecondFactor ? ", second factor" : "")
                        + (user.issuers.isEmpty ? "" : ", connected") + (user.hasPassword ? "" : ", no password")
                        + (user.isEmailConfirmed ? "" : ", address not confirmed")
                    print(
                        "\(user.email)\t\(user.name)\t\(role)\tfinished \(user.finishedCount)\tfailed \(user.failedCount)"
                    )
                }
            }
        }
    }
}

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Makes and ends API tokens, for programs.",
        discussion: "Reads MIEN_DATABASE_URL.", subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and prints it, once. Send it as \"Authorization: Bearer TOKEN\".")
        @Argument(help: "The account's e-mail address.") var email: String
        @Option(help: "What the token is for.") var label = "mien token create"
        @Option(help: "What it may do: \(TokenScope.allCases.map(\.rawValue).joined(separator: ", ")). Repeat it.")
        var scope = [TokenScope.readAnalyses.rawValue, TokenScope.writeAnalyses.rawValue]
        @Option(help: "How long it lasts: 30, 90 or 365 days, or none.") var days = "none"
        @Option(help: "An address or range such as 192.0.2.0/24 that it may be used from. Repeat it for others.")
        var address: [String] = []

        func run() async throws {
            let request: TokenRequest
            do {
                request = try TokenRequest.check(
                    label: label, scopes: scope, days: days, networks: address.joined(separator: " "))
            } catch {
                throw ValidationError(error.errors.map { "--\($0.option): \($0.description)" }.joined(separator: "\n"))
            }
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                do {
                    let user = try await accounts.existing(email)
                    let made = try await accounts.makeToken(for: user.id, request)
                    try await accounts.note(.tokenMade, of: user, "mien token create")
                    print(made.text)
                } catch let refusal as TokenScopeRefusal {
                    throw CommandFailure(message: "--scope: \(refusal.message)")
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists an account's tokens.")
        @Argument(help: "The account's e-mail address.") var email: String

        func run() async throws {
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                for token in try await accounts.tokens(of: accounts.existing(email).id) {
                    let used = token.usedAt.map { $0.formatted(.iso8601) } ?? "never"
                    let end = token.expiresAt.map { $0.formatted(.iso8601) } ?? "never"
                    let scopes = TokenScope.allCases.filter(token.scopes.contains).map(\.rawValue)
                    print(
                        """
                        \(token.id.uuidString.lowercased())\t\(token.label)\t\(token.prefix)\t\
                        \(scopes.joined(separator: " "))\tends \(end)\tlast used \(used)
                        """)
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a token.")
        @Argument(help: "The account's e-mail address.") var email: String
        @Argument(help: "The token's id, as \"mien token list\" shows it.") var id: String

        func run() async throws {
            guard let id = UUID(uuidString: id) else { throw ValidationError("\"\(id)\" is no token id.") }
            try await AdminDatabase.with(SettingsReader()) { pool in
                let accounts = AccountStore(database: pool)
                let user = try await accounts.existing(email)
                guard try await accounts.revokeToken(id, of: user.id) else {
                    throw CommandFailure(message: "\(email) has no such token.")
                }
                try await accounts.note(.tokenEnded, of: user, "mien token revoke")
                print("The token is ended.")
            }
        }
    }
}

extension AccountError {
    /// The command's option for a field of a token.
    fileprivate var option: String {
        switch field {
        case "scopes": "scope"
        case "networks": "address"
        default: field
        }
    }
}

extension AccountStore {
    /// The account of an address, or a failure that names it.
    func existing(_ email: String) async throws -> User {
        guard let user = try await user(email: email) else {
            throw CommandFailure(message: "There is no account with the address \(email).")
        }
        return user
    }

    /// Writes into the audit log what a command did to an account.
    fileprivate func note(_ event: AuditLog.Event, of user: User?, _ command: String) async throws {
        try await AuditLog(database: database).record(
            event, by: nil, to: user?.id, detail: command, from: RequestOrigin(address: "", requestID: ""))
    }
}

/// A failure to print as it stands.
struct CommandFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}

/// Where people reach the site, for links.
enum PublicAddress {
    /// `MIEN_PUBLIC_URL`, or this machine and `MIEN_HTTP_PORT`.
    static func read(_ settings: SettingsReader) -> String {
        let port = settings.integer("MIEN_HTTP_PORT", default: 8080, in: 1...65_535)
        let text = settings.httpURL("MIEN_PUBLIC_URL", default: "http://127.0.0.1:\(port)").absoluteString
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// Reads a secret without showing it.
enum SecretInput {
    static func read(_ prompt: String) throws -> String {
        if isatty(STDIN_FILENO) != 0 {
            guard let typed = getpass(prompt) else { throw CommandFailure(message: "The password could not be read.") }
            return String(cString: typed)
        }
        guard let line = readLine(strippingNewline: true) else {
            throw CommandFailure(message: "Send the password on standard input.")
        }
        return line
    }
}
