public import Foundation

/// The models of a folder laid out as `<name>/<version>/{model.xml, model.bin, card.json}`, and the file `current`
/// beside them, which names the one that an operator chose.
public enum ModelCatalogue {
    /// The name of the file that holds the choice, as one line `name/version`.
    public static let choiceFile = "current"

    /// Finds the folder of a model.
    ///
    /// - Parameters:
    ///   - wanted: `name/version`, or a name alone for its newest version; nil for the chosen one, and where none is
    ///     chosen for the newest version of all.
    ///   - directory: holds the models.
    /// - Throws: `VisionError` with code `bad_model` when there is none, or the choice names one that is not there.
    public static func find(_ wanted: String? = nil, in directory: URL) throws(VisionError) -> URL {
        if wanted == nil, let choice = try choice(in: directory) {
            guard let chosen = newest(choice, in: directory) else {
                throw VisionError(
                    .badModel,
                    "The file \(choiceFile) in the models' folder names the model \(choice), which is not there. "
                        + "Choose another with \"mien models use NAME/VERSION\", or remove the file.",
                    detail: directory.path)
            }
            return chosen
        }
        guard let newest = newest(wanted, in: directory) else {
            throw VisionError(
                .badModel, "There is no model\(wanted.map { " \($0)" } ?? "") in the models' folder.",
                detail: directory.path)
        }
        return newest
    }

    /// All folders that hold a card, the newest version first.
    public static func all(in directory: URL) -> [URL] {
        subfolders(of: directory).flatMap(subfolders)
            .filter { FileManager.default.fileExists(atPath: $0.appending(path: "card.json").path) }
            .sorted { isOlder($1, $0) }
    }

    /// A model's folder as people write it: `name/version`.
    public static func reference(of folder: URL) -> String {
        folder.standardizedFileURL.pathComponents.suffix(2).joined(separator: "/")
    }

    private static func newest(_ wanted: String?, in directory: URL) -> URL? {
        guard let wanted else { return all(in: directory).first }
        let parts = wanted.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count) else { return nil }
        return all(in: directory).first { folder in
            zip(parts, folder.pathComponents.suffix(2)).allSatisfy { $0 == $1 }
        }
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
