import CLinux
import Glibc

/// The memory of this process, as the kernel counts it.
enum ProcessMemory {
    /// Bytes in physical memory; nil where /proc is not mounted.
    static var residentBytes: Int? { pages(at: 1).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } }

    /// Bytes of address space, most of which a process never touches.
    static var addressSpaceBytes: Int? { pages(at: 0).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } }

    /// Gives the allocator's free memory back to the kernel.
    static func returnFreeMemory() {
        mien_malloc_trim()
    }

    /// A figure of /proc/self/statm, which counts in pages.
    private static func pages(at index: Int) -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 256)
        let count = read(file, &text, text.count)
        guard count > 0 else { return nil }
        let words = text[..<count].split(separator: UInt8(ascii: " "))
        return words.count > index ? Int(String(decoding: words[index], as: UTF8.self)) : nil
    }
}
