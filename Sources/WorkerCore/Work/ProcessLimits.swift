import CLinux
import Glibc
import Logging

/// Limits that the kernel keeps for this process, whatever a decoder does. Beyond them the process ends, its supervisor
/// starts another, and the photo's next claim counts one attempt more.
struct ProcessLimits: Sendable {
    /// How much address space a photo may take beyond what the process has once its models are loaded. (A fixed total
    /// would have to guess at what OpenVINO maps, which differs by machine.)
    let addressSpacePerPhoto: Int
    /// Processor time of one photo.
    let processorTimePerPhoto: Duration

    /// Limits the address space from here on, and writes no core files: they would hold people's photos.
    ///
    /// - Important: after the models are loaded.
    func apply(_ logger: Logger) {
        if mien_forbid_core_files() != 0 { refused("core files", logger) }
        guard let present = ProcessMemory.addressSpaceBytes else {
            return logger.warning("Address space is not limited: /proc cannot be read")
        }
        if mien_limit_address_space(UInt(present + addressSpacePerPhoto)) != 0 { refused("address space", logger) }
    }

    private func refused(_ limit: String, _ logger: Logger) {
        logger.warning("The kernel refused a limit", metadata: ["limit": "\(limit)", "errno": "\(errno)"])
    }

    /// Runs `body` with its processor time limited.
    func whileLimited<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        _ = mien_limit_processor_time(UInt(processorTimePerPhoto.components.seconds))
        // Between photos it polls for weeks.
        defer { _ = mien_lift_processor_time() }
        return try await body()
    }
}
