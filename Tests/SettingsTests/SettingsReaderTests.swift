import Foundation
import Testing

@testable import Settings

@Suite struct SettingsReaderTests {
    enum Colour: String, CaseIterable { case red, blue }

    @Test func valuesComeFromTheEnvironmentOrAreTheDefault() throws {
        let settings = SettingsReader(environment: ["MIEN_HTTP_PORT": "9000", "MIEN_HTTP_HOST": ""])
        #expect(settings.integer("MIEN_HTTP_PORT", default: 8080, in: 0...65535) == 9000)
        #expect(settings.string("MIEN_HTTP_HOST", default: "127.0.0.1") == "127.0.0.1")
        #expect(settings.choice("MIEN_COLOUR", default: Colour.blue) == .blue)
        try settings.check()
    }

    @Test func everythingWrongIsSaidAtOnceWithNameValueAndWhatIsTaken() {
        let settings = SettingsReader(environment: [
            "MIEN_HTTP_PORT": "eighty", "MIEN_COLOUR": "green", "MIEN_GATEWAY_URL": "nowhere",
        ])
        _ = settings.integer("MIEN_HTTP_PORT", default: 8080, in: 0...65535)
        _ = settings.choice("MIEN_COLOUR", default: Colour.red)
        _ = settings.httpURL("MIEN_GATEWAY_URL", default: "http://127.0.0.1:8081")
        _ = settings.requiredString("MIEN_SECRET", hint: "at least 32 characters", isSecret: true)
        let error = #expect(throws: SettingsError.self) { try settings.check() }
        #expect(
            error?.problems == [
                "MIEN_HTTP_PORT is \"eighty\". It takes a whole number from 0 to 65535.",
                "MIEN_COLOUR is \"green\". It takes \"red\" or \"blue\".",
                "MIEN_GATEWAY_URL is \"nowhere\". It takes an address such as http://127.0.0.1:8081.",
                "MIEN_SECRET is not set. It takes at least 32 characters.",
            ])
    }

    @Test func aSecretMayStandInAFile() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mien-secret-\(UUID().uuidString)")
        try Data("  from the file\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let settings = SettingsReader(environment: [
            "MIEN_SECRET_FILE": file.path, "MIEN_OTHER_FILE": "/does/not/exist",
        ])
        #expect(settings.requiredString("MIEN_SECRET", hint: "a secret", isSecret: true) == "from the file")
        try settings.check()
        #expect(settings.optionalString("MIEN_OTHER") == nil)
        let error = #expect(throws: SettingsError.self) { try settings.check() }
        #expect(error?.description == "MIEN_OTHER_FILE names \"/does/not/exist\", which cannot be read as UTF-8 text.")
    }

    @Test func filesOfSecretsAreListedOnceAndOnlyWhereTheyAreUsed() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mien-secret-\(UUID().uuidString)")
        try Data("from the file".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let settings = SettingsReader(environment: [
            "MIEN_SECRET_FILE": file.path, "MIEN_OTHER": "given", "MIEN_OTHER_FILE": file.path,
        ])
        for _ in 1...2 { _ = settings.optionalString("MIEN_SECRET", isSecret: true) }
        _ = settings.optionalString("MIEN_OTHER")
        #expect(settings.secretFiles == [SecretFile(setting: "MIEN_SECRET_FILE", path: file.path)])
    }
}
