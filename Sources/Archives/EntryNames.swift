import Foundation

/// Makes paths for an archive out of names that people chose: no two the same, none that leads out of the folder into which
/// it is unpacked, none that a common system refuses.
public struct EntryNames: Sendable {
    private var taken: Set<String> = []

    /// Nothing is taken yet.
    public init() {}

    /// A path that has not been returned before: `holiday.jpg`, then `holiday-2.jpg`.
    /// - Parameters:
    ///   - name: What a person called it.
    ///   - folder: Where it is to lie, of our own making; empty for the archive's top.
    public mutating func path(for name: String, in folder: String = "") -> String {
        let safe = Self.safe(name)
        let dot = safe.lastIndex(of: ".") ?? safe.endIndex
        let (stem, ending) = dot == safe.startIndex ? (safe[...], "") : (safe[..<dot], safe[dot...])
        var number = 1
        while true {
            let path = (folder.isEmpty ? "" : folder + "/") + stem + (number == 1 ? "" : "-\(number)") + ending
            // Windows and macOS tell names apart by more than their case.
            if taken.insert(path.precomposedStringWithCanonicalMapping.lowercased()).inserted { return path }
            number += 1
        }
    }

    private static func safe(_ name: String) -> String {
        let kept = name.precomposedStringWithCanonicalMapping.unicodeScalars.map { scalar in
            let isRefused =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                || "/\\:*?\"<>|".unicodeScalars.contains(scalar)
            return isRefused ? "_" : String(scalar)
        }.joined()
        let name = trimmed(shortened(trimmed(kept)))
        if name.isEmpty { return "unnamed" }
        return isReserved(name) ? "_" + name : name
    }

    /// Windows takes no space and no dot at a name's end.
    private static func trimmed(_ name: String) -> String {
        name.trimmingCharacters(in: CharacterSet(charactersIn: ". "))
    }

    /// Whether it names a device on Windows, with whatever ending.
    private static func isReserved(_ name: String) -> Bool {
        let stem = trimmed(String(name.prefix { $0 != "." })).uppercased()
        return stem.contains(/^(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])$/)
    }

    /// At most 120 bytes, which leaves room for a number and a folder in the 255 that file systems take. What a reader sees as one
    /// character may be cut: it may be longer than all.
    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > 120 else { return name }
        let ending = name.lastIndex(of: ".").map { name[$0...] }.flatMap { $0.utf8.count <= 10 ? $0 : nil } ?? ""
        var room = 120 - ending.utf8.count
        let stem = name.unicodeScalars.prefix {
            room -= UTF8.width($0)
            return room >= 0
        }
        return String(stem) + ending
    }
}
