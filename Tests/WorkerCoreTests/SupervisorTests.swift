import Contracts
import Foundation
import Glibc
import ServiceLifecycle
import Testing

@testable import WorkerCore

extension WorkerProcessTests {
    /// The supervisor with children that misbehave in known ways.
    @Suite struct SupervisorTests {
        private let file = FileManager.default.temporaryDirectory.appending(path: "supervisor-\(UUID().uuidString)")

        private func supervisor(script: String, change: (inout Supervisor.Configuration) -> Void = { _ in })
            -> Supervisor
        {
            var configuration = Supervisor.Configuration(processes: 1, executable: "/bin/sh") { _ in ["-c", script] }
            change(&configuration)
            return Supervisor(configuration, logger: Scene.logger)
        }

        private func run(_ supervisor: Supervisor, _ body: () async throws -> Void) async throws {
            let group = ServiceGroup(services: [supervisor], logger: Scene.logger)
            let running = Task { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await running.value
        }

        private func lines() -> [Substring] {
            ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
        }

        @Test func aCrashLoopIsSlowedDown() async throws {
            let supervisor = supervisor(script: "echo start >> \(file.path); exit 3") {
                $0.restartDelays = .milliseconds(200)...(.milliseconds(800))
            }
            let begin = ContinuousClock.now
            try await run(supervisor) { try await eventually { lines().count >= 5 } }
            // 200 + 400 + 800 + 800 ms, less a fifth by chance: sooner would be spinning.
            #expect(ContinuousClock.now - begin >= .milliseconds(1_760))
            let child = supervisor.board.health.children[0]
            #expect(child.restarts >= 4)
            #expect(child.lastEnd == "exit 3")
        }

        @Test func aProcessThatAsksForAnotherIsReplacedWithoutAGrowingWait() async throws {
            let supervisor = supervisor(script: "echo start >> \(file.path); exit \(EX_TEMPFAIL)") {
                $0.restartDelays = .milliseconds(50)...(.seconds(30))
            }
            let begin = ContinuousClock.now
            try await run(supervisor) { try await eventually { lines().count >= 6 } }
            // Doubled, the waits would be 1.5 s.
            #expect(ContinuousClock.now - begin < .milliseconds(1_200))
            let child = supervisor.board.health.children[0]
            #expect(child.restarts == 0 && child.lastEnd == "exit \(EX_TEMPFAIL)")
        }

        @Test func aProgramThatIsNotThereIsTriedAgain() async throws {
            let supervisor = supervisor(script: "") {
                $0.executable = "/nowhere/mien-worker"
                $0.restartDelays = .milliseconds(10)...(.milliseconds(20))
            }
            try await run(supervisor) { try await eventually { supervisor.board.health.children[0].restarts >= 2 } }
            #expect(supervisor.board.health.children[0].lastEnd?.contains("posix_spawn") == true)
        }

        @Test func aChildThatIgnoresTheStopIsKilled() async throws {
            let supervisor = supervisor(script: "trap '' TERM; echo start > \(file.path); exec sleep 600") {
                $0.drainLimit = .milliseconds(500)
            }
            try await run(supervisor) { try await eventually { lines() == ["start"] } }
            #expect(supervisor.board.health.children[0].lastEnd?.contains("signal 9") == true)
        }

        @Test func aSupervisorThatIsCancelledEndsItsChildrenWithoutSpinning() async throws {
            let supervisor = supervisor(script: "trap '' TERM; echo start > \(file.path); exec sleep 600") {
                $0.drainLimit = .seconds(2)
                $0.healthFile = file.appendingPathExtension("health")
            }
            let running = Task { try await supervisor.run() }
            try await eventually { lines() == ["start"] }
            let before = Self.processorTime
            running.cancel()
            try await running.value
            #expect(supervisor.board.health.children[0].lastEnd?.contains("signal 9") == true)
            #expect(Self.processorTime - before < 1)
        }

        /// Seconds of the processor that the tests have used.
        private static var processorTime: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

        @Test func aChildInheritsNothingButThePipe() async throws {
            let null = open("/dev/null", O_RDONLY)
            let leak = fcntl(null, F_DUPFD, 50)
            defer {
                close(null)
                close(leak)
            }
            let supervisor = supervisor(
                script: """
                    for n in 3 \(leak); do if [ -e /proc/$$/fd/$n ]; then echo open; else echo closed; fi; done > \(file.path)
                    echo $MALLOC_ARENA_MAX >> \(file.path); exec sleep 600
                    """)
            try await run(supervisor) { try await eventually { lines().count == 3 } }
            #expect(lines()[..<2] == ["open", "closed"])
            #expect(lines()[2] == (ProcessInfo.processInfo.environment["MALLOC_ARENA_MAX"] ?? "2"))
        }

        @Test func aStoppedChildIsKilledAndReplaced() async throws {
            let scene = try await Scene.make()
            let supervisor = Self.workers(scene) { $0.silenceLimit = .seconds(4) }
            try await run(supervisor) {
                try await eventually { supervisor.board.health.readyChildren == 1 }
                let hung = try #require(supervisor.board.health.children[0].pid)
                kill(hung, SIGSTOP)
                try await eventually { supervisor.board.health.children[0].restarts == 1 }
                try await eventually { supervisor.board.health.readyChildren == 1 }
                #expect(supervisor.board.health.children[0].pid != hung)
                #expect(!isAlive(hung))
                let id = try await scene.send()
                #expect(try await scene.results(1)[0].analysisID == id)
            }
            #expect(supervisor.board.health.children[0].lastEnd == "exit 0")
        }

        /// A supervisor inside of the test, with real worker processes.
        private static func workers(_ scene: Scene, change: (inout Supervisor.Configuration) -> Void) -> Supervisor {
            let settings = scene.programEnvironment.filter { $0.key != "MIEN_HEALTH_FILE" }
                .map { "\($0.key)=\($0.value)" }
            var configuration = Supervisor.Configuration(processes: 1, executable: "/usr/bin/env") { slot in
                settings + [RunningProgram.path, "--child", "\(slot)", "--supervisor", "\(getpid())"]
            }
            change(&configuration)
            return Supervisor(configuration, logger: Scene.logger)
        }
    }
}
