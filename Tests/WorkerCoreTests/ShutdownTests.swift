import Contracts
import Foundation
import ServiceSupport
import Testing

@testable import WorkerCore

extension WorkerProcessTests {
    @Suite struct ShutdownTests {
        @Test func thePhotoInWorkIsFinishedAndPublished() async throws {
            let scene = try await Scene.make()
            let pipeline = try await RunningWorker.sharedPipeline()
            let (reached, goOn) = (StopSignal(), StopSignal())
            let worker = try RunningWorker(
                scene,
                analyser: FaultyAnalyser(pipeline: pipeline) {
                    reached.stop()
                    await goOn.wait()
                })
            let id = try await scene.send()
            await reached.wait()
            async let stopped: Void = worker.stop()
            goOn.stop()
            try await stopped
            #expect(try await scene.results(1)[0].analysisID == id)
            try await scene.untilCommitted()
        }

        @Test func aPhotoThatHangsIsHandedBackInTime() async throws {
            let scene = try await Scene.make()
            let pipeline = try await RunningWorker.sharedPipeline()
            let (reached, never) = (StopSignal(), StopSignal())
            let first = try RunningWorker(
                scene,
                analyser: FaultyAnalyser(pipeline: pipeline) {
                    reached.stop()
                    // Deaf to cancellation, as a decoder is.
                    while !never.isStopped {
                        await Task.detached { try? await Task.sleep(for: .milliseconds(50)) }.value
                    }
                })
            let id = try await scene.send()
            await reached.wait()
            let begin = ContinuousClock.now
            try await first.stop()
            #expect(ContinuousClock.now - begin < .seconds(10))
            let second = try RunningWorker(scene, name: "test/2")
            let result = try await scene.results(1)[0]
            #expect(result.analysisID == id)
            #expect(result.worker == "test/2")
            #expect(result.attempt == 2)
            try await second.stop()
            never.stop()
        }

        @Test func aWaitForTheGatewayDoesNotHoldUpTheStop() async throws {
            let scene = try await Scene.make(answering: .nothing)
            let worker = try RunningWorker(scene)
            let id = try await scene.send()
            try await eventually { !scene.gateway.claims.isEmpty }
            let begin = ContinuousClock.now
            try await worker.stop()
            #expect(ContinuousClock.now - begin < .seconds(10))
            scene.gateway.answerEverything(with: .photo(try Scene.photo()))
            let second = try RunningWorker(scene, name: "test/2")
            #expect(try await scene.results(1)[0].analysisID == id)
            try await second.stop()
        }

        @Test func aWorkerWithoutAModelSaysWhichIsMissing() async throws {
            let scene = try await Scene.make()
            let worker = try RunningWorker(scene, settings: ["MIEN_MODEL": "brightness/9.9.9"])
            let error = await #expect(throws: (any Error).self) { try await worker.ended() }
            #expect(error.map { String(reflecting: $0) }?.contains("brightness/9.9.9") == true)
        }
    }
}
