import Contracts
import Foundation
import Glibc
import ServiceSupport
import Testing

@testable import WorkerCore

extension WorkerProcessTests {
    /// SIGHUP: another model without a job lost.
    @Suite struct ReloadTests {
        /// Puts a copy of the test model beside it, under another version.
        private func addModel(_ version: String, to scene: Scene, damaged: Bool = false) throws {
            let models = scene.directory.appending(path: "models/brightness")
            // Built aside and moved into place: a model appears whole.
            let folder = scene.directory.appending(path: "new-\(version)")
            try FileManager.default.copyItem(at: Scene.fixtures.appending(path: "brightness-model"), to: folder)
            let card = folder.appending(path: "card.json")
            let text = try String(contentsOf: card, encoding: .utf8)
            #expect(text.contains("0.0.1"))
            try text.replacing("0.0.1", with: version).write(to: card, atomically: true, encoding: .utf8)
            if damaged { try Data("no model".utf8).write(to: folder.appending(path: "model.bin")) }
            try FileManager.default.moveItem(at: folder, to: models.appending(path: version))
        }

        @Test func processesTakeTheNewModelOneAfterTheOtherAndLoseNothing() async throws {
            let scene = try await Scene.make(partitions: 4)
            let program = try RunningProgram(scene, processes: 2)
            try await program.untilReady(2)
            let pids = [1, 2].map(program.pid(slot:))
            var sent: Set<String> = []
            for _ in 0..<12 { sent.insert(try await scene.send(.bulk)) }
            try addModel("0.0.2", to: scene)
            kill(program.process.processIdentifier, SIGHUP)
            try await eventually {
                if sent.count < 40 { sent.insert(try await scene.send()) }
                return program.output.contains("Reload done")
            }
            let last = try await scene.send()
            sent.insert(last)
            let reader = try ResultReader(scene)
            try await eventually { try await sent.isSubset(of: reader.results().map(\.analysisID)) }
            let results = try await reader.results()
            await reader.close()
            #expect(results.allSatisfy { $0.analysis.faces.count == 1 })
            #expect(results.first { $0.analysisID == last }?.analysis.model.version == "0.0.2")
            let health = try #require(program.health)
            #expect(health.children.map(\.restarts) == [0, 0])
            #expect(zip(health.children.map(\.pid), pids).allSatisfy { $0 != $1 })
            try await scene.untilCommitted(.bulk)
            try await scene.untilCommitted(.interactive)
            #expect(try await program.stop().status == 0)
        }

        /// As while the broker is away.
        @Test func aReloadGoesOnWhenAProcessGetsReadyLate() async throws {
            var configuration = Supervisor.Configuration(processes: 2) { _ in [] }
            configuration.readyLimit = .milliseconds(100)
            let board = HealthBoard(slots: 2, file: nil, logger: Scene.logger)
            let (replacements, stop) = ([Replacement(), Replacement()], StopSignal())
            let reload = Reload(
                configuration: configuration, board: board, replacements: replacements, stop: stop,
                logger: Scene.logger)
            let requests = AsyncStream<Void>.makeStream()
            for slot in 1...2 { board.started(slot, pid: Int32(slot)) }
            let running = Task { await reload.run(requests.stream) }
            requests.continuation.yield()
            try await eventually { replacements[0].take() }
            board.started(1, pid: 11)
            try await Task.sleep(for: .milliseconds(300))
            #expect(!replacements[1].isAsked)
            board.heard(1, Heartbeat(state: .ready, isOverdue: false, done: .init()))
            try await eventually { replacements[1].take() }
            // It waits for the second one as long; the stop ends that too.
            board.started(2, pid: 12)
            try await Task.sleep(for: .milliseconds(300))
            stop.stop()
            requests.continuation.finish()
            await running.value
        }

        @Test func aModelThatCannotBeLoadedIsNotTaken() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(scene, processes: 1)
            try await program.untilReady(1)
            let pid = program.pid(slot: 1)
            try addModel("0.0.3", to: scene, damaged: true)
            kill(program.process.processIdentifier, SIGHUP)
            try await eventually { program.output.contains("Reload given up") }
            let id = try await scene.send()
            let result = try await scene.results(1)[0]
            #expect(result.analysisID == id)
            #expect(result.analysis.model.version == "0.0.1")
            #expect(program.pid(slot: 1) == pid)
            #expect(try await program.stop().status == 0)
        }
    }
}
