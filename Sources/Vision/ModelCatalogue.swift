public import Foundation

/// The models of a folder laid out as `<name>/<version>/{model.xml, model.bin, card.json}`.
public enum ModelCatalogue {
    /// Finds the folder of a model.
    ///
    /// - Parameters:
    ///   - directory: holds the models.
    ///   - wanted: `name/version`, or a name alone for its newest version; nil for the newest version of all.
    /// - Throws: `VisionError` with code `bad_model` when there is none.
    public static func find(_ wanted: String? = nil, in directory: URL) throws(VisionError) -> URL {
        let parts = wanted?.split(separator: "/").map(String.init) ?? []
        let all = subfolders(of: directory).filter { parts.isEmpty || $0.lastPathComponent == parts[0] }
            .flatMap(subfolders)
            .filter { parts.count < 2 || $0.lastPathComponent == parts[1] }
            .filter { FileManager.default.fileExists(atPath: $0.appending(path: "card.json").path) }
        guard parts.count < 3, let newest = all.max(by: isOlder) else {
            throw VisionError(
                .badModel, "There is no model\(wanted.map { " \($0)" } ?? "") in the models' folder.",
                detail: directory.path)
        }
        return newest
    }

    /// Orders by version number, piece by piece as numbers, then by the model's name.
    private static func isOlder(_ a: URL, _ b: URL) -> Bool {
        let order = a.lastPathComponent.compare(b.lastPathComponent, options: .numeric)
        return order == .orderedAscending || (order == .orderedSame && a.path < b.path)
    }

    private static func subfolders(of directory: URL) -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles)
        return (found ?? []).filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true }
    }
}
