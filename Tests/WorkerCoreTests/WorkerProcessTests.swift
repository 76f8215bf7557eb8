import Contracts
import Foundation
import Imaging
import Kafka
import ServiceSupport
import Synchronization
import TestSupport
import Testing

@testable import Vision
@testable import WorkerCore

/// Tests that need a broker and a pipeline, one after the other: several at once on two cores only wait for each other.
@Suite(.timeLimit(.minutes(5)), .serialized) struct WorkerProcessTests {
    @Test func aJobBecomesOneResult() async throws {
        let scene = try await Scene.make()
        let worker = try RunningWorker(scene)
        let id = try await scene.send()
        let result = try await scene.results(1)[0]
        #expect(result.analysisID == id)
        #expect(result.attempt == 1)
        #expect(result.worker == "test/1")
        #expect(result.requestID == "request-\(id)")
        #expect(result.startedAtMs <= result.finishedAtMs)
        #expect(result.analysis.faces.count == 1)
        #expect(result.analysis.width == 512)
        #expect(result.analysis.model.name == "brightness")
        let stages = result.analysis.timings.map(\.stage)
        #expect(stages.starts(with: ["wait", "fetch", "decode"]))
        #expect(
            scene.gateway.claims == [.init(analysisID: id, worker: "test/1", authorization: "Bearer ticket-of-\(id)")])
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func jobsOfBothLanesAreDone() async throws {
        let scene = try await Scene.make(partitions: 3)
        var sent: Set<String> = []
        for _ in 0..<6 { sent.insert(try await scene.send(.bulk)) }
        for _ in 0..<6 { sent.insert(try await scene.send(.interactive)) }
        let worker = try RunningWorker(scene)
        let results = try await scene.results(of: sent)
        #expect(Set(results.map(\.analysisID)) == sent)
        try await scene.untilCommitted(.bulk)
        try await scene.untilCommitted(.interactive)
        try await worker.stop()
    }

    @Test(arguments: [410, 403] as [UInt])
    func aClaimThatIsTurnedDownSkipsTheJob(status: UInt) async throws {
        let scene = try await Scene.make()
        let skipped = try await scene.send()
        scene.gateway.answer(skipped, with: .status(status))
        let worker = try RunningWorker(scene)
        let next = try await scene.send()
        #expect(try await scene.results(1)[0].analysisID == next)
        try await scene.untilCommitted()
        #expect(scene.gateway.claims.count { $0.analysisID == skipped } == 1)
        try await worker.stop()
    }

    @Test func unreadableJobsAreSetAsideAsTheyCame() async throws {
        let scene = try await Scene.make()
        let bytes: [UInt8] = [0xFF, 0x00, 0x13, 0x37]
        _ = try await scene.producer.send(topic: scene.topics.jobsInteractive, key: [1, 2], value: bytes)
        _ = try await scene.producer.send(topic: scene.topics.jobsInteractive, key: nil, value: nil)
        let worker = try RunningWorker(scene)
        let good = try await scene.send()
        let dead = try await scene.records(2, of: scene.topics.deadJobs)
        #expect(dead[0].value == bytes)
        #expect(dead[0].key == [1, 2])
        #expect(dead[0].header("mien-reason").map { String(decoding: $0, as: UTF8.self) } == "malformed")
        #expect(dead[0].header("mien-offset") == Array("0".utf8))
        #expect(dead[1].header("mien-offset") == Array("1".utf8))
        #expect(try await scene.results(1)[0].analysisID == good)
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func aPhotoThatIsNoneBecomesAFailureThatSaysSo() async throws {
        let scene = try await Scene.make(answering: .photo(Array("Dear diary".utf8)))
        let worker = try RunningWorker(scene)
        try await scene.send()
        let failure = try await scene.results(1)[0].failure
        #expect(failure.code == "unsupported_format")
        #expect(!failure.message.isEmpty)
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func aPhotoBeyondTheLimitBecomesAFailure() async throws {
        let scene = try await Scene.make(answering: .photo(Array(repeating: 0, count: 5_000)))
        let worker = try RunningWorker(scene, settings: ["MIEN_MAX_UPLOAD_BYTES": "4096"])
        try await scene.send()
        let result = try await scene.results(1)[0]
        #expect(result.failure.code == "internal")
        #expect(result.failure.message.contains("larger"))
        #expect(result.attempt == 1)
        try await worker.stop()
    }

    @Test func aGatewayThatIsAwayIsWaitedFor() async throws {
        let scene = try await Scene.make(partitions: 2)
        try await scene.gateway.goAway()
        let worker = try RunningWorker(scene)
        // More than the local queue holds, on both lanes.
        var sent: Set<String> = []
        for _ in 0..<15 {
            sent.insert(try await scene.send(.interactive))
            sent.insert(try await scene.send(.bulk))
        }
        try await Task.sleep(for: .seconds(2))
        #expect(scene.gateway.claims.isEmpty)
        try await scene.gateway.listen()
        let results = try await scene.results(of: sent)
        #expect(Set(results.map(\.analysisID)) == sent)
        try await scene.untilCommitted(.interactive)
        try await scene.untilCommitted(.bulk)
        try await worker.stop()
    }

    @Test(arguments: [429, 503] as [UInt])
    func anOverloadedGatewayIsAskedAgain(status: UInt) async throws {
        let scene = try await Scene.make()
        let id = try await scene.send()
        scene.gateway.answer(id, with: .status(status), .status(status), .photo(try Scene.photo()))
        let worker = try RunningWorker(scene)
        // A claim that is turned away is none yet, and sent again it is the same.
        #expect(try await scene.results(1)[0].attempt == 1)
        #expect(scene.gateway.claims.count == 3)
        try await worker.stop()
    }

    @Test(arguments: [.status(404), .status(500), .photoWithoutAttempt([1])] as [GatewayDouble.Answer])
    func aJobWithAnswersOutsideTheContractDoesNotHoldUpTheOthers(answer: GatewayDouble.Answer) async throws {
        let scene = try await Scene.make()
        let odd = try await scene.send()
        scene.gateway.answer(odd, with: answer)
        let worker = try RunningWorker(scene)
        let good = try await scene.send()
        #expect(try await scene.results(1)[0].analysisID == good)
        #expect(scene.gateway.claims.count { $0.analysisID == odd } == RunningWorker.quick.unexpectedAnswers)
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func aBrokerThatHangsIsWaitedForWithTheResult() async throws {
        let scene = try await Scene.make(ownBroker: true)
        let pipeline = try await RunningWorker.sharedPipeline()
        let reached = StopSignal()
        let worker = try RunningWorker(
            scene,
            analyser: FaultyAnalyser(pipeline: pipeline) {
                await scene.broker.pause()
                reached.stop()
            })
        let id = try await scene.send()
        await reached.wait()
        try await Task.sleep(for: .seconds(1))
        await scene.broker.resume()
        #expect(try await scene.results(1)[0].analysisID == id)
        try await worker.stop()
        await scene.broker.stop()
    }

    @Test func aClaimWhoseAnswerComesTooLateIsSentAgainAsTheSame() async throws {
        let scene = try await Scene.make()
        var limits = RunningWorker.quick
        limits.claim = .milliseconds(300)
        let id = UUID().uuidString.lowercased()
        scene.gateway.answer(id, with: .nothing, .nothing, .photo(try Scene.photo()))
        let worker = try RunningWorker(scene, limits: limits)
        try await scene.send(id: id)
        let result = try await scene.results(1)[0]
        #expect(result.attempt == 1 && result.analysis.faces.count == 1)
        #expect(scene.gateway.claims.count { $0.analysisID == id } == 3)
        try await worker.stop()
    }

    @Test func aPassingFaultIsTriedAgainAndALastingOneIsTold() async throws {
        let scene = try await Scene.make()
        let pipeline = try await RunningWorker.sharedPipeline()
        let faults = Mutex(2)
        let passing = FaultyAnalyser(pipeline: pipeline) {
            let isLeft = faults.withLock { faults in
                faults -= 1
                return faults >= 0
            }
            if isLeft { throw VisionError(.timedOut, "It took too long.") }
        }
        let worker = try RunningWorker(scene, analyser: passing)
        try await scene.send()
        let result = try await scene.results(1)[0]
        #expect(result.attempt == 3)
        #expect(result.analysis.faces.count == 1)
        faults.withLock { $0 = .max }
        let given = try await scene.send()
        let failed = try #require(try await scene.results(2).first { $0.analysisID == given })
        #expect(failed.failure.code == "timed_out")
        #expect(failed.failure.message == "It took too long.")
        #expect(failed.attempt == RunningWorker.quick.attempts)
        try await worker.stop()
    }

    /// By processor time a photo fails each time; by the clock a busy machine does.
    @Test(arguments: [(true, 1), (false, 3)] as [(Bool, UInt32)])
    func aPhotoThatCostsTooMuchIsTriedOnceAndOneThatWaitedAgain(isCostly: Bool, attempts: UInt32) async throws {
        let deadline = Deadline(
            processorTime: isCostly ? .zero : .seconds(600), clock: isCostly ? .seconds(600) : .zero)
        let scene = try await Scene.make()
        let pipeline = try await RunningWorker.sharedPipeline()
        let worker = try RunningWorker(
            scene,
            analyser: FaultyAnalyser(pipeline: pipeline) {
                do { try deadline.check() } catch { throw VisionError(error) }
            })
        try await scene.send()
        let result = try await scene.results(1)[0]
        #expect(result.failure.code == "timed_out" && result.attempt == attempts)
        try await worker.stop()
    }

    @Test func theNextPhotoIsClaimedWhileOneIsAnalysed() async throws {
        let scene = try await Scene.make()
        let (reached, released) = (StopSignal(), StopSignal())
        let worker = try RunningWorker(
            scene,
            analyser: FaultyAnalyser(pipeline: try await RunningWorker.sharedPipeline()) {
                reached.stop()
                await released.wait()
            })
        let sent: Set = [try await scene.send(), try await scene.send()]
        await reached.wait()
        try await eventually { Set(scene.gateway.claims.map(\.analysisID)) == sent }
        released.stop()
        #expect(Set(try await scene.results(of: sent).map(\.analysisID)) == sent)
        try await worker.stop()
    }

    @Test(arguments: ["bytes", "faces"])
    func aResultThatIsTooLargeBecomesAFailureAndTheWorkGoesOn(of what: String) async throws {
        let scene = try await Scene.make()
        let spoilt = Atomic(true)
        let worker = try RunningWorker(
            scene,
            analyser: AlteringAnalyser(pipeline: try await RunningWorker.sharedPipeline()) { analysis in
                guard spoilt.exchange(false, ordering: .relaxed) else { return }
                if what == "bytes" { analysis.clean = Array(repeating: 0xFF, count: 2 << 20) }
                if what == "faces" { analysis.faces = Array(repeating: analysis.faces[0], count: 101) }
            })
        try await scene.send()
        #expect(try await scene.results(1)[0].failure.code == "internal")
        let next = try await scene.send()
        #expect(try await scene.results(2).first { $0.analysisID == next }?.analysis.faces.count == 1)
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func anUnexpectedErrorShowsNothingOfItself() async throws {
        struct Secret: Error { let path = "/etc/shadow" }
        let scene = try await Scene.make()
        let pipeline = try await RunningWorker.sharedPipeline()
        let worker = try RunningWorker(scene, analyser: FaultyAnalyser(pipeline: pipeline) { throw Secret() })
        try await scene.send()
        let failure = try await scene.results(1)[0].failure
        #expect(failure.code == "internal")
        #expect(!failure.message.contains("shadow") && !failure.message.contains("Secret"))
        try await worker.stop()
    }
}
