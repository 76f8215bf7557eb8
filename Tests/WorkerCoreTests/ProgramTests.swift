import Contracts
import Foundation
import Glibc
import TestSupport
import Testing

@testable import WorkerCore

extension WorkerProcessTests {
    /// The whole program: a supervisor and its worker processes.
    @Suite struct ProgramTests {
        @Test func aKilledProcessLosesNothingAndTheOtherGoesOn() async throws {
            let scene = try await Scene.make(partitions: 4)
            let program = try RunningProgram(scene, processes: 2)
            try await program.untilReady(2)
            let fatal = UUID().uuidString.lowercased()
            scene.gateway.answer(fatal, with: .nothing, .photo(try Scene.photo()))
            try await scene.send(id: fatal)
            try await eventually { scene.gateway.claims.contains { $0.analysisID == fatal } }
            let claim = try #require(scene.gateway.claims.first { $0.analysisID == fatal })
            let victim = try #require(program.pid(slot: RunningProgram.slot(of: claim.worker)))
            kill(victim, SIGKILL)
            var sent: Set<String> = [fatal]
            for _ in 0..<8 { sent.insert(try await scene.send()) }
            let results = try await scene.results(of: sent)
            #expect(Set(results.map(\.analysisID)) == sent)
            #expect(results.first { $0.analysisID == fatal }?.attempt == 2)
            let other = 3 - RunningProgram.slot(of: claim.worker)
            #expect(scene.gateway.claims.contains { RunningProgram.slot(of: $0.worker) == other })
            try await program.untilReady(2)
            let slot = try #require(program.health?.children.first { $0.slot != other })
            #expect(slot.restarts == 1)
            #expect(slot.pid != victim)
            #expect(slot.lastEnd?.contains("signal 9") == true)
            #expect(try await program.stop().status == 0)
        }

        @Test func aStopHandsBackAPhotoThatHasNotCome() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(scene, processes: 1)
            try await program.untilReady(1)
            let id = UUID().uuidString.lowercased()
            scene.gateway.answer(id, with: .nothing, .photo(try Scene.photo()))
            try await scene.send(id: id)
            try await eventually { !scene.gateway.claims.isEmpty }
            let end = try await program.stop()
            #expect(end.status == 0)
            #expect(end.took < .seconds(10))
            let next = try RunningProgram(scene, processes: 1)
            #expect(try await scene.results(1)[0].analysisID == id)
            #expect(try await next.stop().status == 0)
            try await scene.untilCommitted()
        }

        @Test func aStopAtRestIsQuick() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(scene, processes: 2)
            try await program.untilReady(2)
            let pids = [1, 2].compactMap(program.pid(slot:))
            #expect(pids.count == 2)
            let end = try await program.stop()
            #expect(end.status == 0)
            #expect(end.took < .seconds(10))
            #expect(!pids.contains(where: isAlive))
            #expect(program.health?.problem() != nil)
        }

        @Test func aStopAtRestIsQuickAlsoWhileTheBrokerIsAway() async throws {
            let scene = try await Scene.make(ownBroker: true)
            let program = try RunningProgram(scene, processes: 2)
            try await program.untilReady(2)
            await scene.broker.pause()
            let end = try await program.stop()
            #expect(end.status == 0)
            #expect(end.took < .seconds(10))
            await scene.broker.resume()
            await scene.broker.stop()
        }

        @Test func processesDieWithTheirSupervisor() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(scene, processes: 2)
            try await program.untilReady(2)
            let pids = [1, 2].compactMap(program.pid(slot:))
            #expect(pids.count == 2)
            kill(program.process.processIdentifier, SIGKILL)
            try await eventually { !pids.contains(where: isAlive) }
        }

        @Test func aGatewayThatIsAwayForLongIsToldOnceAndCostsNoPlaceInTheGroup() async throws {
            let scene = try await Scene.make(partitions: 2)
            try await scene.gateway.goAway()
            let program = try RunningProgram(scene, processes: 1)
            try await program.untilReady(1)
            var sent: Set<String> = []
            // More than the process holds at hand, on both lanes.
            for _ in 0..<12 {
                sent.insert(try await scene.send(.interactive))
                sent.insert(try await scene.send(.bulk))
            }
            // Longer than a consumer may go without polling (15 seconds).
            try await Task.sleep(for: .seconds(20))
            try await scene.gateway.listen()
            #expect(Set(try await scene.results(of: sent).map(\.analysisID)) == sent)
            #expect(program.output.split(separator: "\n").count { $0.contains("Waiting for the gateway") } == 1)
            #expect(!program.output.contains("not polled in time"))
            #expect(try await program.stop().status == 0)
        }

        @Test func theKernelLimitsWhatAPhotoMayTake() async throws {
            let scene = try await Scene.make()
            let program = try RunningProgram(scene, processes: 1, settings: ["MIEN_TEST_FAULTS": "yes"])
            try await program.untilReady(1)
            let pid = try #require(program.pid(slot: 1))
            #expect(limit("Max core file size", of: pid) == "0")
            let space = try #require(limit("Max address space", of: pid).flatMap { Int($0) })
            #expect(space > 4 * 400 << 20)
            // Between photos a process may run for weeks.
            #expect(limit("Max cpu time", of: pid) == "unlimited")
            scene.gateway.answerEverything(with: .photo(try Scene.photo() + Array(":mien-fault-hang".utf8)))
            try await scene.send()
            try await eventually { limit("Max cpu time", of: pid).flatMap { Int($0) } != nil }
            kill(pid, SIGKILL)
            _ = try await program.stop()
        }

        /// A process's soft limit, as the kernel tells it.
        private func limit(_ name: String, of pid: pid_t) -> String? {
            let lines = try? String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8).split(separator: "\n")
            return lines?.first { $0.hasPrefix(name) }?.dropFirst(name.count).split(separator: " ").first.map(
                String.init)
        }

        @Test func healthIsToldByTheExitStatus() async throws {
            let scene = try await Scene.make()
            #expect(try await health(of: scene) == 1)
            let program = try RunningProgram(scene, processes: 1)
            try await program.untilReady(1)
            #expect(try await health(of: scene) == 0)
            _ = try await program.stop()
            #expect(try await health(of: scene) == 1)
        }

        @Test func wrongSettingsAreToldTogetherAndEndTheProgram() async throws {
            let scene = try await Scene.make()
            let process = Process()
            let errors = scene.directory.appending(path: "errors")
            try Data().write(to: errors)
            process.executableURL = URL(fileURLWithPath: RunningProgram.path)
            process.environment = [
                "MIEN_WORKER_PROCESSES": "lots", "MIEN_DETECTOR": scene.directory.path + "/none.onnx",
            ]
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            try await eventually { !process.isRunning }
            let text = try String(contentsOf: errors, encoding: .utf8)
            #expect(process.terminationStatus == EX_CONFIG)
            #expect(text.contains("MIEN_WORKER_PROCESSES is \"lots\"."))
            #expect(text.contains("MIEN_DETECTOR"))
        }

        @Test func aMetricsPortThatIsTakenEndsTheProgramAndIsNamed() async throws {
            let scene = try await Scene.make()
            let port = try #require(scene.gateway.url.port)
            let begin = ContinuousClock.now
            let program = try RunningProgram(scene, processes: 2, settings: ["MIEN_METRICS_PORT": "\(port)"])
            try await eventually { !program.process.isRunning || ContinuousClock.now - begin > .seconds(15) }
            #expect(ContinuousClock.now - begin < .seconds(10))
            if program.process.isRunning { kill(program.process.processIdentifier, SIGKILL) }
            program.process.waitUntilExit()
            #expect(program.process.terminationReason == .exit && program.process.terminationStatus != 0)
            #expect(program.output.split(separator: "\n").contains { $0.contains("error") && $0.contains("\(port)") })
        }

        private func health(of scene: Scene) async throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: RunningProgram.path)
            process.arguments = ["health", "--file", scene.healthFile.path]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            try await eventually { !process.isRunning }
            return process.terminationStatus
        }
    }
}
