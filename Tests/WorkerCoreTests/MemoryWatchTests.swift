import ServiceSupport
import Synchronization
import Testing

@testable import WorkerCore

@Suite struct MemoryWatchTests {
    /// A process whose size is told, with what of it can be given back.
    private final class Memory: Sendable {
        private let sizes = Mutex((used: 0, free: 0))
        let stop = StopSignal()

        func watch(ceiling: Int) -> MemoryWatch {
            MemoryWatch(
                ceiling: ceiling << 20, stop: stop, logger: Scene.logger,
                size: { self.sizes.withLock { ($0.used + $0.free) << 20 } },
                free: { self.sizes.withLock { $0.free = 0 } })
        }

        func become(used: Int, free: Int) { sizes.withLock { $0 = (used, free) } }
        var free: Int { sizes.withLock(\.free) }
    }

    @Test func whatCanBeGivenBackCostsNoProcess() {
        let memory = Memory()
        // Below the usual size and its slack, and above the ceiling.
        let watch = memory.watch(ceiling: 400)
        memory.become(used: 390, free: 0)
        watch.look()
        memory.become(used: 385, free: 20)
        watch.look()
        #expect(!watch.isOutgrown && memory.free == 0)
        memory.become(used: 401, free: 10)
        watch.look()
        #expect(watch.isOutgrown && memory.stop.isStopped)
    }

    @Test func aLittleIsKeptForTheNextPhotoAndMoreIsGivenBack() {
        let memory = Memory()
        let watch = memory.watch(ceiling: 400)
        memory.become(used: 220, free: 300)
        watch.look()
        #expect(memory.free == 0 && !watch.isOutgrown)
        memory.become(used: 220, free: 20)
        watch.look()
        #expect(memory.free == 20)
        memory.become(used: 220, free: 30)
        watch.look()
        #expect(memory.free == 0 && !watch.isOutgrown)
    }
}
