public import Foundation

extension ModelCatalogue {
    /// The model that an operator chose, as written; nil where nothing was chosen.
    ///
    /// - Throws: `VisionError` with code `bad_model` when the file is there and holds no name.
    public static func choice(in directory: URL) throws(VisionError) -> String? {
        let file = directory.appending(path: choiceFile)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let text = (try? String(contentsOf: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let text, !text.isEmpty, !text.contains(where: \.isNewline) else {
            throw VisionError(
                .badModel,
                "The file \(choiceFile) in the models' folder holds no model. It takes one line, NAME/VERSION.",
                detail: file.path)
        }
        return text
    }

    /// Chooses the model that workers load at their next start or reload.
    ///
    /// The model is checked before, and the file is replaced as a whole: a worker reads the old choice or the new one.
    ///
    /// - Parameters:
    ///   - wanted: `name/version`, or a name alone for its newest version; nil to go back to the newest of all.
    ///   - directory: holds the models.
    /// - Returns: the card of the model that is used from now on.
    /// - Throws: `VisionError` with code `bad_model` when the model is not there, altered or incomplete, or when the
    ///   folder cannot be written.
    @discardableResult
    public static func choose(_ wanted: String?, in directory: URL) throws(VisionError) -> ModelCard {
        guard let folder = wanted == nil ? all(in: directory).first : try find(wanted, in: directory) else {
            throw VisionError(.badModel, "There is no model in the models' folder.", detail: directory.path)
        }
        let card = try ModelCard.load(from: folder)
        let file = directory.appending(path: choiceFile)
        do {
            if wanted != nil {
                try Data("\(reference(of: folder))\n".utf8).write(to: file, options: .atomic)
                // The atomic write leaves the mode of a temporary file; workers run as another user.
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
            } else if FileManager.default.fileExists(atPath: file.path) {
                try FileManager.default.removeItem(at: file)
            }
        } catch {
            throw VisionError(
                .badModel,
                "The choice cannot be written into the models' folder. Make the folder writable, "
                    + "or set MIEN_MODEL to \(reference(of: folder)) and restart the workers.",
                detail: "\(file.path): \(error.localizedDescription)")
        }
        return card
    }
}
