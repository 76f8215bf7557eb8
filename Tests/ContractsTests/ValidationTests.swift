import Foundation
import SwiftProtobuf
import Testing

@testable import Contracts

@Suite struct Validation {
    /// One way to spoil a message that is right otherwise, and the field that the error has to name.
    struct Fault<Message: Sendable>: Sendable, CustomTestStringConvertible {
        let field: String
        let spoil: @Sendable (inout Message) -> Void
        var testDescription: String { field }

        init(_ field: String, _ spoil: @escaping @Sendable (inout Message) -> Void) {
            self.field = field
            self.spoil = spoil
        }
    }

    static let jobFaults: [Fault<JobMessage>] = [
        Fault("analysis_id") { $0.analysisID = "" },
        Fault("analysis_id") { $0.analysisID = Sample.id.uppercased() },
        Fault("analysis_id") { $0.analysisID = "../../etc/passwd" },
        Fault("generation") { $0.generation = 0 },
        Fault("generation") { $0.generation = .max },
        Fault("lane") { $0.lane = .unspecified },
        Fault("lane") { $0.lane = .UNRECOGNIZED(3) },
        Fault("ticket") { $0.ticket = "" },
        Fault("ticket") { $0.ticket = "a\r\nHost: other" },
        Fault("submitted_at_ms") { $0.submittedAtMs = -1 },
        Fault("submitted_at_ms") { $0.submittedAtMs = .max },
        Fault("request_id") { $0.requestID = "a\u{0}" },
        Fault("request_id") { $0.requestID = String(repeating: "é", count: 129) },
    ]

    @Test(arguments: jobFaults) func aJobWithAWrongFieldIsRefused(_ fault: Fault<JobMessage>) throws {
        var job = Sample.job
        fault.spoil(&job)
        let error = try #require(throws: ContractError.self) { try job.encode() }
        #expect(error.code == .malformed)
        #expect(error.reason.contains(fault.field))
        let bytes: [UInt8] = try job.serializedBytes()
        #expect(throws: error) { try JobMessage.decode(bytes) }
    }

    static let resultFaults: [Fault<ResultMessage>] = [
        Fault("analysis_id") { $0.analysisID = "x" },
        Fault("generation") { $0.generation = 0 },
        Fault("attempt") { $0.attempt = 0 },
        Fault("worker") { $0.worker = "" },
        Fault("started_at_ms") { $0.startedAtMs = 0 },
        Fault("finished_at_ms") { $0.finishedAtMs = .min },
        Fault("outcome") { $0.outcome = nil },
        Fault("failure.code") { $0.failure.code = "Not A Word" },
        Fault("failure.message") { $0.failure.message = "\u{1B}[2J" },
        Fault("width") { $0.analysis.width = 0 },
        Fault("preview_height") { $0.analysis.previewHeight = 1_601 },
        Fault("rotation") { $0.analysis.rotation = 45 },
        Fault("rotation") { $0.analysis.rotation = 360 },
        Fault("rotation") { $0.analysis.rotation = .max },
        Fault("annotated") { $0.analysis.annotated = Data("<html>".utf8) },
        Fault("clean") { $0.analysis.clean = Data() },
        Fault("thumbnail") { $0.analysis.thumbnail = Data([0xFF, 0xD8]) },
        Fault("faces") { $0.analysis.faces = Array(repeating: Sample.face, count: 101) },
        Fault("numbered") { $0.analysis.faces[0].number = 2 },
        Fault("box.x") { $0.analysis.faces[0].box.x = .nan },
        Fault("box.y") { $0.analysis.faces[0].box.y = -.infinity },
        Fault("box.width") { $0.analysis.faces[0].box.width = 0 },
        Fault("box.height") { $0.analysis.faces[0].box.height = -3 },
        Fault("box.width") { $0.analysis.faces[0].clearBox() },
        Fault("landmarks") { $0.analysis.faces[0].landmarks.removeLast() },
        Fault("landmark.y") { $0.analysis.faces[0].landmarks[4].y = .infinity },
        Fault("detector_score") { $0.analysis.faces[0].detectorScore = 1.5 },
        Fault("probabilities") { $0.analysis.faces[0].probabilities.removeLast() },
        Fault("probability") { $0.analysis.faces[0].probabilities[6] = .nan },
        Fault("probability") { $0.analysis.faces[0].probabilities = [-1, 1, 1, 0, 0, 0, 0] },
        Fault("sum") { $0.analysis.faces[0].probabilities = [1, 1, 0, 0, 0, 0, 0] },
        Fault("note") { $0.analysis.faces[0].notes = ["<script>"] },
        Fault("activation.columns") { $0.analysis.faces[0].activation.columns = 0 },
        Fault("activation.cells") { $0.analysis.faces[0].activation.columns = 7 },
        Fault("activation.cells") { $0.analysis.faces[0].activation.cells = Data() },
        Fault("activation.cells") { $0.analysis.faces[0].activation.cells = Data(count: 258) },
        Fault("activation.low") { $0.analysis.faces[0].activation.low = .nan },
        Fault("activation.low") { $0.analysis.faces[0].activation.low = 12 },
        Fault("activation.high") { $0.analysis.faces[0].activation.high = .infinity },
        Fault("activation.x") { $0.analysis.faces[0].activation.x = .min },
        Fault("activation.y") { $0.analysis.faces[0].activation.y = .max },
        Fault("activation.side") { $0.analysis.faces[0].activation.side = 0 },
        Fault("activation.angle") { $0.analysis.faces[0].activation.angle = 181 },
        Fault("model.name") { $0.analysis.clearModel() },
        Fault("timing.stage") { $0.analysis.timings[0].stage = "" },
        Fault("timing.milliseconds") { $0.analysis.timings[0].milliseconds = -1 },
    ]

    @Test(arguments: resultFaults) func aResultWithAWrongFieldIsRefused(_ fault: Fault<ResultMessage>) throws {
        var result = Sample.result(
            fault.field.hasPrefix("failure") ? .failure(Sample.failure) : .analysis(Sample.analysis))
        fault.spoil(&result)
        let error = try #require(throws: ContractError.self) { try result.encode() }
        #expect(error.code == .malformed)
        #expect(error.reason.contains(fault.field))
        let bytes: [UInt8] = try result.serializedBytes()
        #expect(throws: error) { try ResultMessage.decode(bytes) }
    }
}
