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
    private let size: @Sendable () -> Int?
    private let free: @Sendable () -> Void
    private let outgrown = Atomic(false)
    /// The size after the first photo, less what it left behind: that may have been a large one.
    private let usual = Mutex<Int?>(nil)

    /// Free memory that is kept for the next photo.
    private static let slack = 24 << 20

    /// - Parameters:
    ///   - size: tells the process's physical memory in bytes, where it can be told.
    ///   - free: gives back what the allocator holds and nobody uses.
    init(
        ceiling: Int?, stop: StopSignal, logger: Logger,
        size: @escaping @Sendable () -> Int? = { ProcessMemory.residentBytes },
        free: @escaping @Sendable () -> Void = { ProcessMemory.returnFreeMemory() }
    ) {
        self.ceiling = ceiling
        self.stop = stop
        self.logger = logger
        self.size = size
        self.free = free
    }

    /// Whether the process is to be replaced.
    var isOutgrown: Bool { outgrown.load(ordering: .acquiring) }

    /// Call it after each photo.
    @Sendable func look() {
        guard let ceiling, var size = size() else { return }
        let usual = usual.withLock { usual in
            if let usual { return usual }
            free()
            let first = self.size() ?? size
            usual = first
            return first
        }
        // What is free only costs the process its life when it cannot be given back.
        if size > min(usual + Self.slack, ceiling) {
            free()
            size = self.size() ?? size
        }
        guard size > ceiling, !outgrown.exchange(true, ordering: .acquiringAndReleasing) else { return }
        logger.warning(
            "Process has grown above its memory ceiling and is replaced",
            metadata: ["resident_mb": "\(size >> 20)", "ceiling_mb": "\(ceiling >> 20)"])
        stop.stop()
    }
}
