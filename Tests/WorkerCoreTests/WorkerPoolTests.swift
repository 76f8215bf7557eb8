import AsyncHTTPClient
import Contracts
import Foundation
import Glibc
import Kafka
import NIOCore
import NIOHTTP1
import ServiceSupport
import TestSupport
import Testing

@testable import WorkerCore

extension WorkerProcessTests {
    /// What the supervisor tells of its processes, and what it does about their size.
    @Suite struct WorkerPoolTests {
        @Test func aProcessIsReadyOnlyWithItsShareOfThePartitions() async throws {
            let scene = try await Scene.make(ownBroker: true)
            await scene.broker.pause()
            let program = try RunningProgram(scene, processes: 1)
            try await eventually { program.output.contains("Models loaded") }
            // Its heartbeats tell the supervisor each second.
            let loaded = ContinuousClock.now
            try await eventually { ContinuousClock.now - loaded > .seconds(3) }
            #expect(program.health?.children.first?.state == "starting")
            await scene.broker.resume()
            try await program.untilReady(1)
            _ = try await program.stop()
            await scene.broker.stop()
        }

        @Test func heartbeatsTellOfTheProcessesUntilTheyEnd() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(scene, processes: 2, settings: ["MIEN_WORKER_NAME": "night-shift"])
            try await program.untilReady(2)
            let pid = program.pid(slot: 2)
            #expect(try await program.stop().status == 0)
            var heartbeats: [WorkerHeartbeat] = []
            while heartbeats.count(where: { $0.state == .ended }) < 2 {
                heartbeats = try await scene.records(heartbeats.count + 1, of: scene.topics.workers)
                    .map { try WorkerHeartbeat.decode($0.value ?? []) }
            }
            #expect(Set(heartbeats.map(\.worker)) == ["night-shift/1", "night-shift/2"])
            let second = heartbeats.filter { $0.slot == 2 }
            // A start that is over before the first message is not told of; one that waits for its partitions has a model.
            #expect(second.filter { $0.state == .ready }.allSatisfy { $0.hasModel })
            #expect(second.filter(\.hasModel).allSatisfy { $0.model.name == "brightness" })
            let ready = try #require(second.last { $0.state == .ready })
            #expect(ready.pid == pid.map(UInt32.init))
            #expect(ready.model.name == "brightness" && ready.model.version == "0.0.1")
            #expect(ready.residentBytes > 50 << 20)
            #expect(ready.processes == 2)
            #expect(ready.release == Release.version)
            #expect(second.last?.state == .ended)
        }

        @Test func theirReportEndsSoonAlsoWhileTheBrokerIsAway() async throws {
            let scene = try await Scene.make(ownBroker: true)
            let board = HealthBoard(slots: 2, file: nil, logger: Scene.logger)
            let report = try WorkerReport(.init(try scene.configuration()), board: board, logger: Scene.logger)
            let ended = StopSignal()
            await scene.broker.pause()
            let running = Task { await report.run(until: ended) }
            // Its first heartbeats are under way.
            try await Task.sleep(for: .milliseconds(500))
            let begin = ContinuousClock.now
            ended.stop()
            await running.value
            #expect(ContinuousClock.now - begin < .seconds(4))
            await scene.broker.resume()
            await scene.broker.stop()
        }

        @Test func metricsAndHealthAreAnsweredAtTheSupervisorsPort() async throws {
            let scene = try await Scene.make()
            let port = try LocalPort.free()
            let program = try RunningProgram(scene, processes: 1, settings: ["MIEN_METRICS_PORT": "\(port)"])
            try await program.untilReady(1)
            try await scene.send()
            _ = try await scene.results(1)
            try await eventually {
                try await get(port, "/metrics").body.contains(
                    #"mien_worker_stage_seconds_count{slot="1",stage="total"} 1.0"#)
            }
            let metrics = try await get(port, "/metrics").body
            #expect(metrics.contains(#"mien_worker_photos_total{outcome="analysed",slot="1"} 1.0"#))
            for stage in ["wait", "fetch", "decode", "detect", "classify", "preview", "publish"] {
                #expect(metrics.contains(#"mien_worker_stage_seconds_count{slot="1",stage="\#(stage)"} 1.0"#))
            }
            #expect(try await get(port, "/health/live").status == 200)
            #expect(try await get(port, "/health/ready").status == 200)
            kill(try #require(program.pid(slot: 1)), SIGKILL)
            try await eventually { try await get(port, "/health/ready").status == 503 }
            try await eventually {
                try await get(port, "/metrics").body.contains(#"mien_worker_restarts_total{slot="1"} 1.0"#)
            }
            try await program.untilReady(1)
            #expect(try await program.stop().status == 0)
        }

        private func get(_ port: Int, _ path: String) async throws -> (status: UInt, body: String) {
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(10))
            return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 20)))
        }

        @Test func aProcessAboveItsMemoryCeilingFinishesItsPhotoAndIsReplaced() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(
                scene, processes: 1, settings: ["MIEN_TEST_FAULTS": "yes", "MIEN_WORKER_MEMORY_MB": "600"])
            try await program.untilReady(1)
            let first = try #require(program.pid(slot: 1))
            let growth = try Scene.photo() + Array(":mien-fault-growth".utf8)
            var sent: Set<String> = []
            // Each leaves 120 MB behind.
            for _ in 0..<8 {
                let id = UUID().uuidString.lowercased()
                scene.gateway.answer(id, with: .photo(growth))
                sent.insert(try await scene.send(id: id))
            }
            let results = try await scene.results(of: sent)
            // Told to go before it breaks: a claim that was under way at that moment is all that may be repeated.
            #expect(Set(results.map(\.analysisID)) == sent)
            #expect(results.allSatisfy { $0.attempt <= 2 })
            try await eventually { program.health?.children.first?.lastEnd == "exit \(EX_TEMPFAIL)" }
            try await program.untilReady(1)
            #expect(program.pid(slot: 1) != first)
            #expect(try await program.stop().status == 0)
        }
    }
}
