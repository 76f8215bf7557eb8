package import Analyses
import Foundation

/// What pages and saved files say of an analysis.
package enum AnalysisWords {
    /// A line of the information.
    package struct Detail: Sendable {
        package let term: String
        package let text: String
    }

    /// Its title, or the file's name; "Photo" where neither is shared.
    package static func title(of analysis: Analysis) -> String {
        if !analysis.title.isEmpty { return analysis.title }
        return analysis.fileName.isEmpty ? "Photo" : analysis.fileName
    }

    /// What saved files are called, without their ending.
    package static func fileStem(_ analysis: Analysis) -> String { "mien-" + analysis.id.lower.prefix(8) }

    package static let noFaceRemark =
        "Faces should be at least 24 pixels high and mostly upright. Try a larger or clearer photo."
    static let whyRemark =
        "The picture beside a face shows where the network looked for what it appears: bright parts spoke for it, most within the line; dark parts did not."

    /// What the person has to know of the photo, such as that it is shown turned.
    package static func remarks(_ analysis: Analysis) -> [String] {
        var remarks: [String] = []
        switch analysis.rotation {
        case 0: break
        case 180: remarks.append("The photo was upside down. It is shown upright.")
        default: remarks.append("The photo lay on its side. It is shown upright.")
        }
        if analysis.incomplete {
            remarks.append("The file ends early: a part of the photo is missing, and faces there are not listed.")
        }
        if analysis.faceCrop {
            remarks.append("No separate face was found; the photo looks like a cropped face and was taken whole.")
        }
        if analysis.facesCut { remarks.append("There are more faces in this photo; the largest are listed.") }
        return remarks
    }

    /// What is known of the photo, without the notes.
    package static func details(_ analysis: Analysis) -> [Detail] {
        var details: [Detail] = []
        if !analysis.subject.isEmpty { details.append(Detail(term: "Shown", text: analysis.subject)) }
        if let takenAt = analysis.takenAt {
            details.append(Detail(term: "Taken", text: takenAt.replacing("T", with: " ").replacing(" 00:00", with: "")))
        }
        if !analysis.title.isEmpty, !analysis.fileName.isEmpty {
            details.append(Detail(term: "File", text: analysis.fileName))
        }
        var photo = Words.megabytes(analysis.photoBytes)
        if let width = analysis.width, let height = analysis.height { photo = "\(width) × \(height) pixels, \(photo)" }
        details.append(Detail(term: "Photo", text: photo))
        if !analysis.keepsPhoto { details.append(Detail(term: "Kept", text: "The result, without the photo’s file")) }
        if let days = analysis.deleteAfterDays {
            details.append(Detail(term: "Deleted", text: "\(Words.count(days, "day")) after its end"))
        }
        return details
    }

    private static let stages = [
        "wait": "Waiting", "fetch": "Fetching", "decode": "Decoding", "detect": "Finding faces", "crop": "Cropping",
        "classify": "Classifying", "preview": "Drawing",
    ]

    /// How long each stage took, in the order of the stages.
    package static func timings(_ analysis: Analysis) -> [Detail] {
        let known = ["wait", "fetch", "decode", "detect", "crop", "classify", "preview"]
        let others = analysis.timingsMs.keys.filter { !known.contains($0) }.sorted()
        return (known + others).compactMap { stage in
            analysis.timingsMs[stage].map {
                Detail(term: stages[stage] ?? stage.capitalized, text: Words.milliseconds($0))
            }
        }
    }
}

/// What pages and saved files say of one face.
package enum FaceWords {
    /// "appears happy, 87 %"
    package static func summary(_ face: FaceResult) -> String {
        let look = EmotionWords.adjective(face.emotion)
        let confidence = Words.percent(face.confidence)
        return face.notSure ? "not sure; perhaps \(look), \(confidence)" : "appears \(look), \(confidence)"
    }

    /// "afraid", "cannot be told", "not a face": what a person said.
    package static func said(_ look: SaidLook) -> String {
        switch look {
        case .cannotTell: "cannot be told"
        case .notAFace: "not a face"
        default: EmotionWords.adjective(look.rawValue)
        }
    }

    /// "Corrected by hand: afraid", "Confirmed by hand: happy"
    package static func said(of face: FaceResult) -> String? {
        face.correction.map { correction in
            let isSame = correction.look.emotion == face.emotion
            return "\(isSame ? "Confirmed" : "Corrected") by hand: \(said(correction.look))"
        }
    }

    /// "Marked by hand: appears happy"
    package static func summary(_ face: MissedFace) -> String {
        let look = face.correction.look
        return "Marked by hand: \(look == .cannotTell ? "look " : "appears ")\(said(look))"
    }

    /// "61 × 76 pixels"
    package static func size(_ face: FaceResult) -> String { size(face.box) }

    static func size(_ box: FaceResult.Box) -> String {
        "\(Int(box.width.rounded()))\u{A0}×\u{A0}\(Int(box.height.rounded())) pixels"
    }

    /// "Where the network looked for “happy”"
    package static func why(_ face: FaceResult) -> String { "Where the network looked for “\(face.emotion)”" }

    /// How its picture is to be read; nil where there is none.
    package static func whyRemark(_ face: FaceResult) -> String? {
        guard let map = face.activation else { return nil }
        return map.high > 0
            ? "Bright parts spoke for it, most within the line. Dark parts did not."
            : "No part of the face spoke for it: the other looks are only less likely still."
    }

    /// Size and quality in a few words, for a table.
    static func shortNotes(_ face: FaceResult) -> String {
        ([size(face)] + face.notes).joined(separator: ", ")
    }
}
