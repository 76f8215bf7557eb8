import Foundation
import Testing

@testable import Analyses
@testable import GatewayCore

@Suite struct TicketSignerTests {
    let signer = TicketSigner(secret: "a secret of at least 32 characters")
    let id = UUID.timeOrdered()

    @Test func aTicketOpensItsOwnPhotoInItsOwnTry() {
        #expect(signer.verify(signer.issue(id, generation: 3), for: id) == .init(generation: 3))
        #expect(signer.verify(signer.issue(id, generation: 3, message: 7), for: id) == .init(generation: 3, message: 7))
    }

    @Test func aTicketOpensNothingElse() {
        let ticket = signer.issue(id, generation: 1)
        #expect(signer.verify(ticket, for: .timeOrdered()) == nil)
        #expect(signer.verify("2" + ticket.dropFirst(), for: id) == nil)
        let parts = signer.issue(id, generation: 1, message: 7).split(separator: ".")
        #expect(signer.verify("\(parts[0]).\(parts[1]).8.\(parts[3])", for: id) == nil)
        #expect(signer.verify("\(parts[0]).\(parts[1]).\(parts[3])", for: id) == nil)
        #expect(TicketSigner(secret: "another secret of 32 characters!!").verify(ticket, for: id) == nil)
        for broken in ["", "1", "1.2", "1.2.", "..", "a.b.c", "1.2.3.4.5", "....", "1..2.", String(ticket.dropLast())] {
            #expect(signer.verify(broken, for: id) == nil)
        }
    }

    @Test func aTicketHasOneText() {
        let ticket = signer.issue(id, generation: 1)
        let parts = ticket.split(separator: ".", maxSplits: 2)
        for generation in ["+1", "01", "001", "1 ", "１"] {
            #expect(signer.verify("\(generation).\(parts[1]).\(parts[2])", for: id) == nil)
        }
        #expect(signer.verify("1.+\(parts[1]).\(parts[2])", for: id) == nil)
        #expect(signer.verify("1.0\(parts[1]).\(parts[2])", for: id) == nil)
    }

    @Test func aTicketExpires() {
        let ticket = signer.issue(id, generation: 1, now: Date(timeIntervalSinceNow: -TicketSigner.lifetime - 1))
        #expect(signer.verify(ticket, for: id) == nil)
    }

    @Test func timeOrderedIdentifiersSortByTime() {
        let early = UUID.timeOrdered(now: Date(timeIntervalSince1970: 1_700_000_000))
        let late = UUID.timeOrdered(now: Date(timeIntervalSince1970: 1_700_000_001))
        #expect(early.uuidString < late.uuidString)
        #expect(Array(early.uuidString)[14] == "7")
    }
}
