import Analyses
import Crypto
import Foundation
import ServiceSupport

/// What a form showed of each field, in short: what nobody touched in it is not written, and so takes back nothing that was
/// changed meanwhile, on another page or by a program.
enum ShownInformation {
    /// For the form.
    static func mark(_ text: (String) -> String) -> String {
        FieldWords.order.map { digest($0, text($0)) }.joined(separator: ".")
    }

    /// The fields that came back otherwise than they were shown; all of them where that is not known.
    static func changed(_ text: (String) -> String, since mark: String?) -> Set<String> {
        let shown = (mark ?? "").split(separator: ".").map(String.init)
        guard shown.count == FieldWords.order.count else { return AnalysisInformation.fields }
        return Set(zip(FieldWords.order, shown).filter { digest($0.0, text($0.0)) != $0.1 }.map(\.0))
    }

    /// Browsers send the ends of lines as they like, and have none in a field of one line.
    private static func digest(_ field: String, _ text: String) -> String {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let plain = lines.joined(separator: field == "notes" ? "\n" : "")
        return Data(SHA256.hash(data: Data(plain.utf8)).prefix(9)).base64URL
    }
}
