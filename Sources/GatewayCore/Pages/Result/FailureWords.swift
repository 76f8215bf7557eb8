import Analyses

/// What to do about a failure, by its code.
enum FailureWords {
    /// Whether trying the same file again may help.
    static func canHelp(_ code: String) -> Bool { !Analysis.failuresOfTheFile.contains(code) }

    static func advice(_ code: String) -> String {
        switch code {
        case "damaged", "unsupported_format":
            "Open the photo in an image editor, save it anew as JPEG, and send that."
        case "too_many_pixels": "Make it smaller, and send that."
        case "too_small": "Send a larger version of it."
        case "too_slender": "Cut the part with the faces out of it, and send that."
        case "timed_out", "internal": "Try again. If it fails once more, the photo itself is the likely reason."
        case "attempts_exhausted": "Save it anew in an image editor and send that, or try again."
        default: "Try again, or send another photo."
        }
    }
}
