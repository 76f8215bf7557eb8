import Analyses
import Contracts
import Reports

/// Which form about faces a result page holds.
enum FaceForm: Sendable {
    /// What a person says of the face with a number.
    case correcting(number: Int, problem: String? = nil)
    /// Why the face with a number appears as it does: for many faces it is only written out when it is asked for.
    case explaining(number: Int)
    /// Where the model missed a face.
    case marking(MarkForm = MarkForm(), problem: String? = nil)

    var problem: String? {
        switch self {
        case .correcting(_, let problem), .marking(_, let problem): problem
        case .explaining: nil
        }
    }
}

/// A way to say how a face appears.
struct LookOption: Sendable {
    let value: String
    /// "Happy", "Cannot tell"
    let label: String
    let isChosen: Bool
    /// Whether the form begins with it: there the page is shown.
    let isFirst: Bool

    init(_ look: SaidLook, chosen: SaidLook?) {
        value = look.rawValue
        label =
            switch look {
            case .cannotTell: "Cannot tell"
            case .notAFace: "Not a face"
            default: EmotionWords.label(look.rawValue)
            }
        isChosen = look == chosen
        isFirst = look == (chosen ?? SaidLook.allCases.first)
    }
}

/// The form in which a person says how a face appears to them.
struct CorrectionModel: Sendable {
    let action: String
    /// "How does face 3 appear to you?"
    let question: String
    let options: [LookOption]
    let mayTrain: Bool
    /// Whether something was said, which can be taken back.
    let isSaid: Bool
    let problem: String?
    /// The page without the form.
    let back: String

    init(number: Int, said: Correction?, isMissed: Bool, address: String, problem: String?) {
        action = "\(address)/faces/\(number)/correction"
        question = "How does face \(number) appear to you?"
        options = SaidLook.allCases.map { LookOption($0, chosen: said?.look) }
        mayTrain = said?.mayTrain ?? false
        isSaid = said != nil && !isMissed
        self.problem = problem
        back = "\(address)#face-\(number)"
    }
}

/// The form in which a person marks a face that the model missed.
struct MarkModel: Sendable {
    let action: String
    /// In percent of the picture.
    let left: String
    let top: String
    let width: String
    let height: String
    let options: [LookOption]
    let mayTrain: Bool
    let problem: String?
    let back: String

    init(_ form: MarkForm, address: String, problem: String?) {
        action = "\(address)/faces"
        (left, top, width, height) = (form.left ?? "", form.top ?? "", form.width ?? "", form.height ?? "")
        options = SaidLook.allCases.filter { $0 != .notAFace }.map { LookOption($0, chosen: form.said) }
        mayTrain = form.may_train != nil
        self.problem = problem
        back = "\(address)#faces-heading"
    }
}
