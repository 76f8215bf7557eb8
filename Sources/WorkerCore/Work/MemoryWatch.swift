import Logging
import ServiceSupport
import Synchronization

/// Looks at the process's size after each photo: gives back what a large photo needed, and stops a process that has grown
/// all the same.
///
/// Giving everything back at once, by the allocator's thresholds, costs each photo its page faults again; keeping
/// everything lets a process settle at the size of its largest photo.
final class MemoryWatch: Sendable {
    private let ceiling: Int?
    private let stop: StopSignal
    private let logger: Logger
    private let outgrown = Atomic(false)
    /// The size after the first photo, less what it left behind: that may have been a large one.
    private let usual = Mutex<Int?>(nil)

    /// Free memory that is kept for the next photo.
    private static let slack = 24 << 20

    init(ceiling: Int?, stop: StopSignal, logger: Logger) {
        self.ceiling = ceiling
        self.stop = stop
        self.logger = logger
    }

    /// Whether the process is to be replaced.
    var isOutgrown: Bool { outgrown.load(ordering: .acquiring) }

    /// Call it after each photo.
    @Sendable func look() {
        guard let ceiling, var size = ProcessMemory.residentBytes else { return }
        let usual = usual.withLock { usual in
            if let usual { return usual }
            ProcessMemory.returnFreeMemory()
            let first = ProcessMemory.residentBytes ?? size
            usual = first
            return first
        }
        if size > usual + Self.slack {
            ProcessMemory.returnFreeMemory()
            size = ProcessMemory.residentBytes ?? size
        }
        guard size > ceiling, !outgrown.exchange(true, ordering: .acquiringAndReleasing) else { return }
        logger.warning(
            "Process has grown above its memory ceiling and is replaced",
            metadata: ["resident_mb": "\(size >> 20)", "ceiling_mb": "\(ceiling >> 20)"])
        stop.stop()
    }
}
