import Foundation

/// What Linux tells of the processor.
struct Processor {
    /// CPUID's name of the maker, such as `GenuineIntel`; empty where there is none.
    let maker: String
    /// What it can do, in Linux's words, such as `avx512f`.
    let abilities: Set<String>

    /// The one that this process runs on. Knows nothing where there is no Linux.
    static func current() -> Processor {
        Processor(description: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
    }

    /// Reads the text of /proc/cpuinfo; the first processor speaks for all.
    init(description: String) {
        func value(_ key: String) -> Substring? {
            for line in description.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { continue }
                return parts[1]
            }
            return nil
        }
        maker = value("vendor_id").map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
        abilities = Set((value("flags") ?? "").split(separator: " ").map(String.init))
    }

    /// Whether bf16 is the faster arithmetic, and not merely to be had.
    ///
    /// OpenVINO 2026.4.1 offers bf16, and takes it by itself, on every processor with AVX-512 BF16. AMD's gains by it (Zen 5:
    /// half of f32's time). Intel's gains by AMX alone, which many virtual machines hide: a Xeon without it took 1.4 to 1.6
    /// times f32's time, with detectors and classifiers alike (measured on one core in one run).
    var gainsByBF16: Bool {
        abilities.contains("amx_bf16") || maker == "AuthenticAMD" && abilities.contains("avx512_bf16")
    }
}
