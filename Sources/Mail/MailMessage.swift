public import Foundation

/// A message in plain text to one person.
public struct MailMessage: Sendable {
    /// The recipient's address.
    public let to: String
    let subject: String
    let text: String
    let date: Date

    /// Makes a message.
    /// - Throws: ``MailError`` when the address or the subject holds a line break, with which a stranger could add headers.
    public init(to: String, subject: String, text: String, date: Date = Date()) throws {
        for value in [to, subject] where value.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            throw MailError(detail: "a header would hold a control character")
        }
        self.to = to
        self.subject = subject
        self.text = text
        self.date = date
    }

    /// The message as SMTP takes it (RFC 5322, 2045): base64 keeps any text within its limits on lines.
    func bytes(from sender: String) -> [UInt8] {
        let host = sender.split(separator: "@").last.map(String.init) ?? "localhost"
        let headers = [
            "From: Mien <\(sender)>", "To: <\(to)>", "Subject: \(Self.word(subject))", "Date: \(Self.rfc5322(date))",
            "Message-ID: <\(UUID().uuidString.lowercased())@\(host)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated",
        ]
        let body = Data(text.replacingOccurrences(of: "\n", with: "\r\n").utf8).base64EncodedString(
            options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n").utf8)
    }

    /// RFC 2047 for what is not ASCII; our subjects are short enough for one word.
    private static func word(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 128 } ? text : "=?utf-8?B?\(Data(text.utf8).base64EncodedString())?="
    }

    /// "Tue, 24 Nov 2026 11:26:00 +0000", in no machine's language.
    private static func rfc5322(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        return
            "\(days[(parts.weekday ?? 1) - 1]), \(parts.day ?? 1) \(months[(parts.month ?? 1) - 1]) \(parts.year ?? 0) "
            + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) +0000"
    }
}
