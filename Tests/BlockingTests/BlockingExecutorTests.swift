import Blocking
import Foundation
import Testing

@Suite
struct BlockingExecutorTests {
    /// An actor whose calls block, as the wrappers of C libraries are.
    fileprivate actor Recorder {
        nonisolated let executor: BlockingExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private(set) var entries: [Int] = []
        private var isInside = false

        init(_ executor: BlockingExecutor = BlockingExecutor(label: "mien.tests")) {
            self.executor = executor
        }

        func append(_ entry: Int) {
            #expect(!isInside)
            isInside = true
            usleep(100)
            entries.append(entry)
            isInside = false
        }

        func thread() -> UInt { UInt(pthread_self()) }

        func threadName() throws -> String {
            try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
        }

        func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
    }

    @Test func everyCallRunsOnTheSameThread() async {
        let recorder = Recorder()
        let first = await recorder.thread()
        for _ in 0..<50 {
            await Task.yield()
            #expect(await recorder.thread() == first)
        }
    }

    @Test func twoExecutorsHaveTwoThreads() async {
        // Both are kept: the system may give a new thread the number of one that has ended.
        let (one, other) = (Recorder(), Recorder())
        #expect(await one.thread() != other.thread())
    }

    @Test func theThreadIsNamed() async throws {
        let recorder = Recorder(BlockingExecutor(label: "mien.a-name-that-is-too-long"))
        #expect(try await recorder.threadName() == "mien.a-name-tha")
    }

    @Test func callsOfOneTaskKeepTheirOrder() async {
        let recorder = Recorder()
        for number in 0..<200 { await recorder.append(number) }
        #expect(await recorder.entries == Array(0..<200))
    }

    @Test func callsOfManyTasksNeverOverlap() async {
        let recorder = Recorder()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 { group.addTask { await recorder.append(number) } }
        }
        #expect(await recorder.entries.sorted() == Array(0..<500))
    }

    /// More blocked calls than the cooperative pool has threads: it would come to a standstill if they blocked it, for
    /// only a task can end them.
    @Test func blockedCallsDoNotStopOtherTasks() async {
        let recorders = (0..<32).map { _ in Recorder() }
        let gate = DispatchSemaphore(value: 0)
        await withTaskGroup(of: Void.self) { group in
            for recorder in recorders { group.addTask { await recorder.wait(for: gate) } }
            group.addTask { for _ in recorders { gate.signal() } }
        }
    }

    @Test func anExecutorMayServeSeveralActors() async {
        let executor = BlockingExecutor(label: "mien.tests")
        let first = Recorder(executor)
        let second = Recorder(executor)
        #expect(await first.thread() == second.thread())
    }

    @Test(.timeLimit(.minutes(1)))
    func theThreadEndsWithTheExecutor() async throws {
        let name = "mien.mortal"
        do {
            let recorder = Recorder(BlockingExecutor(label: name))
            await recorder.append(1)
            // Swift may release the actor after its last use, before the names are read.
            let names = try withExtendedLifetime(recorder) { try threadNames() }
            #expect(names.contains(name))
        }
        // The actor is gone; its thread goes as soon as it is scheduled.
        while try threadNames().contains(name) { await Task.yield() }
    }

    /// The task's last step, and with it the last reference to the actor, runs on the thread itself.
    @Test(.timeLimit(.minutes(1)))
    func anExecutorReleasedOnItsOwnThreadEndsToo() async throws {
        let name = "mien.last"
        let seen = Task { try await Recorder(BlockingExecutor(label: name)).threadName() }
        let found = try await seen.value
        #expect(found == name)
        while try threadNames().contains(name) { await Task.yield() }
    }

    @Test func isolationIsKnownOnTheThreadAndOnlyThere() async {
        let executor = BlockingExecutor(label: "mien.tests")
        let recorder = Recorder(executor)
        #expect(executor.isIsolatingCurrentContext() == false)
        await recorder.append(1)
        #expect(await recorder.knowsItsThread())
    }

    private func threadNames() throws -> [String] {
        let root = "/proc/self/task"
        return try FileManager.default.contentsOfDirectory(atPath: root).map { thread in
            // A thread that ends between the two calls has no name any more.
            let name = (try? String(contentsOfFile: "\(root)/\(thread)/comm", encoding: .utf8)) ?? ""
            return name.trimmingCharacters(in: .newlines)
        }
    }
}

extension BlockingExecutorTests.Recorder {
    fileprivate func knowsItsThread() -> Bool {
        assumeIsolated { $0.executor.isIsolatingCurrentContext() == true }
    }
}
