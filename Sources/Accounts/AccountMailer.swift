package import Foundation
package import Logging
package import Mail
import ServiceLifecycle

/// Sends what accounts need letters for: links for new passwords, to whoever has an account with an address and to nobody
/// else, and links that confirm addresses.
///
/// The pages only put a letter into this queue, so that neither answer nor time of the one that asks for a new password
/// tells whether there is an account. What waits is kept in memory: after a crash the person asks again.
package final class AccountMailer: Service {
    /// What is to be sent.
    enum Letter: Sendable {
        /// A link for a new password, to whoever has an account with the address.
        case reset(email: String)
        /// A link that confirms an address of the account.
        case confirmation(email: String, userID: UUID)
        /// Word to the address that an account has, that it is to have another.
        case notice(User)
    }

    let accounts: AccountStore
    let mailer: Mailer
    let site: String
    let logger: Logger
    private let letters: AsyncStream<Letter>
    private let queue: AsyncStream<Letter>.Continuation

    /// Messages that may wait; past it, further ones are dropped.
    package static let capacity = 200
    /// Seconds between two links of one kind to one account.
    package static let interval = 300
    /// How long what waits is still sent at a shutdown; then the letter under way is broken off too.
    static let patience = Duration.seconds(3)

    package init(accounts: AccountStore, mailer: Mailer, site: String, logger: Logger) {
        self.accounts = accounts
        self.mailer = mailer
        self.site = site
        self.logger = logger
        (letters, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    /// Takes an address that a link for a new password is asked for; what becomes of it, nobody is told.
    package func ask(_ email: String) {
        post(.reset(email: email))
    }

    /// Has an address confirmed that an account has or is to have.
    package func confirm(_ email: String, of userID: UUID) {
        post(.confirmation(email: email, userID: userID))
    }

    /// Tells the address of an account that it is to have another.
    package func tellOfChange(_ user: User) {
        post(.notice(user))
    }

    private func post(_ letter: Letter) {
        switch queue.yield(letter) {
        case .enqueued: break
        case .dropped: logger.warning("Too many messages wait; one is dropped")
        case .terminated: logger.warning("The gateway stops; a message is dropped")
        @unknown default: break
        }
    }

    package func run() async throws {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        // What waits is sent before it ends: the pages have promised it. Others end after it, and have to end in time as well, so
        // that a server which says nothing any more is not waited for.
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.sendAll() }
                group.addTask {
                    for await _ in stops {
                        try? await Task.sleep(for: Self.patience)
                        return
                    }
                }
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.queue.finish()
            stop.yield()
        }
    }

    private func sendAll() async {
        for await letter in letters {
            do {
                try Task.checkCancellation()
                try await send(letter)
            } catch {
                guard !Task.isCancelled else {
                    logger.warning("The gateway stops; a message is dropped")
                    continue
                }
                logger.error(
                    "A message to an account could not be sent", metadata: ["error": "\(String(reflecting: error))"])
            }
        }
    }

    private func send(_ letter: Letter) async throws {
        switch letter {
        case .reset(let email): try await sendReset(to: email)
        case .confirmation(let email, let userID): try await sendConfirmation(to: email, of: userID)
        case .notice(let user): try await sendNotice(to: user)
        }
    }
}
