import Accounts
import Foundation
import Reports

/// A browser in which the person is logged in.
struct SessionRow: Sendable {
    let id: String
    let device: String
    let address: String
    let seen: Moment
    let started: Moment
    let isCurrent: Bool

    init(_ session: BrowserSession, now: Date) {
        id = session.id.uuidString.lowercased()
        device = DeviceName.of(session.userAgent)
        address = session.address
        seen = Moment(session.seenAt, now: now)
        started = Moment(session.createdAt, now: now)
        isCurrent = session.isCurrent
    }
}
