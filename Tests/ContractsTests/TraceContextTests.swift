import Foundation
import Testing

@testable import Contracts

/// W3C Trace Context 1; the cases are those of its own suite (https://github.com/w3c/trace-context, test/test.py).
@Suite struct TraceContextTests {
    private static let trace = "12345678901234567890123456789012"
    private static let span = "1234567890123456"

    @Test(arguments: [
        ("00-\(trace)-\(span)-00", false), ("00-\(trace)-\(span)-01", true),
        // Flags that are not known yet.
        ("00-\(trace)-\(span)-02", false), ("00-\(trace)-\(span)-ff", true),
        // Versions to come, as far as version 00 goes.
        ("cc-\(trace)-\(span)-01", true), ("cc-\(trace)-\(span)-01-what-the-future-will-be-like", true),
        ("01-\(trace)-\(span)-00-", false), ("fe-\(trace)-\(span)-01-.", true),
    ])
    func whatCanBeReadIsGoneOnWith(_ header: String, _ isSampled: Bool) throws {
        let caller = try #require(TraceContext(traceparent: header))
        #expect(caller.traceID == Self.trace && caller.spanID == Self.span && caller.isSampled == isSampled)
        let next = caller.next()
        #expect(next.traceID == Self.trace && next.spanID != Self.span && next.isSampled == isSampled)
        #expect(next.traceparent == "00-\(Self.trace)-\(next.spanID)-0\(isSampled ? 1 : 0)")
        #expect(TraceContext(traceparent: next.traceparent) == next)
    }

    @Test(arguments: [
        "", "-", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "\(trace)-\(span)-00",
        // Longer than version 00 is, or longer without a dash.
        "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01.", "00-\(trace)-\(span)-01-what-the-future-will-be-like",
        "cc-\(trace)-\(span)-01.what-the-future-will-not-be-like", "cc-\(trace)-\(span)-010",
        // The version.
        "ff-\(trace)-\(span)-01", ".0-\(trace)-\(span)-01", "0.-\(trace)-\(span)-01", "0-\(trace)-\(span)-01",
        "000-\(trace)-\(span)-01",
        // The trace's id.
        "00-00000000000000000000000000000000-\(span)-01", "00-.2345678901234567890123456789012-\(span)-01",
        "00-1234567890123456789012345678901.-\(span)-01", "00-123456789012345678901234567890123-\(span)-01",
        "00-1234567890123456789012345678901-\(span)-01", "00-ABCDEFABCDEFABCDEFABCDEFABCDEFAB-\(span)-01",
        "00--\(span)-01",
        // The step's.
        "00-\(trace)-0000000000000000-01", "00-\(trace)-.234567890123456-01", "00-\(trace)-12345678901234567-01",
        "00-\(trace)-123456789012345-01", "00-\(trace)-123456789012345X-01", "00-\(trace)-ABCDEFABCDEFABCD-01",
        // The flags.
        "00-\(trace)-\(span)-.0", "00-\(trace)-\(span)-0.", "00-\(trace)-\(span)-0", "00-\(trace)-\(span)-001",
        "00-\(trace)-\(span)-0A", "00-\(trace)-\(span)-+1",
        // Two headers in one, spaces, and letters that are as long as others.
        "00-\(trace)-\(span)-01,00-\(trace)-\(span)-01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01 ",
        "00_\(trace)_\(span)_01", "00-\(trace)-\(span)-é",
    ])
    func whatCannotBeReadIsPassedOver(_ header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func eachBeginningIsANewTrace() {
        let all = (0..<1_000).map { _ in TraceContext() }
        #expect(Set(all.map(\.traceID)).count == 1_000 && Set(all.map(\.spanID)).count == 1_000)
        for trace in all { #expect(TraceContext(traceparent: trace.traceparent) == trace && !trace.isSampled) }
    }

    @Test func whatHasAnIdBeginsTheSameTraceEachTime() throws {
        let id = try #require(UUID(uuidString: "0194B2F0-6A8C-4B2E-9C1D-00112233AABB"))
        #expect(TraceContext(of: id).traceID == "0194b2f06a8c4b2e9c1d00112233aabb")
        #expect(TraceContext(of: id).spanID != TraceContext(of: id).spanID)
    }

    @Test func kafkaCarriesTheSameHeader() {
        let trace = TraceContext()
        #expect(trace.header.0 == "traceparent")
        #expect(TraceContext(header: trace.header.1) == trace)
        #expect(TraceContext(header: nil) == nil && TraceContext(header: [0xFF, 0x00]) == nil)
    }
}
