import Testing

@testable import Contracts
@testable import GatewayCore

@Suite struct PhotoFormatTests {
    @Test(arguments: [
        ([0xFF, 0xD8, 0xFF, 0xE0] as [UInt8], "image/jpeg"),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], "image/png"),
        (Array("RIFF\0\0\0\0WEBPVP8 ".utf8), "image/webp"),
    ])
    func acceptedFormatsAreKnownByTheirSignature(bytes: [UInt8], contentType: String) {
        #expect(PhotoFormat(firstBytes: bytes) == .photo(contentType: contentType))
    }

    @Test(arguments: [
        ("just words", "Text files are"), ("GIF89a", "GIF pictures are"), ("%PDF-1.7", "PDF documents are"),
        ("\0\0\0\u{18}ftypheic", "HEIC photos are"), ("\0\0\0\u{18}ftypavif", "AVIF photos are"),
        ("RIFF\0\0\0\0WAVE", "Files of this kind are"), ("\u{1}\u{2}", "Files of this kind are"),
    ])
    func otherFilesAreNamed(text: String, name: String) {
        #expect(PhotoFormat(firstBytes: Array(text.utf8)) == .other(name: name))
    }

    @Test(arguments: [
        ("heic", "image/heic"), ("heix", "image/heic"), ("mif1", "image/heif"), ("avif", "image/avif"),
    ])
    func stillPicturesInHEIFAreAcceptedWhereTheOperatorSaysSo(brand: String, contentType: String) {
        let bytes = Array("\0\0\0\u{18}ftyp\(brand)".utf8)
        #expect(PhotoFormat(firstBytes: bytes, acceptsHEIF: true) == .photo(contentType: contentType))
        #expect(PhotoFormat(firstBytes: bytes) != .photo(contentType: contentType))
    }

    @Test(arguments: ["hevc": "HEIC sequences are", "avis": "AVIF sequences are", "isom": "Videos are"])
    func sequencesAndVideosNeverAre(brand: String, name: String) {
        let bytes = Array("\0\0\0\u{18}ftyp\(brand)".utf8)
        #expect(PhotoFormat(firstBytes: bytes, acceptsHEIF: true) == .other(name: name))
    }

    @Test func nothingIsEmpty() {
        #expect(PhotoFormat(firstBytes: []) == .empty)
    }

    @Test(arguments: [
        ("holiday.jpg", "holiday.jpg"), ("C:\\fake\\a.png", "a.png"), ("../../etc/passwd", "passwd"),
        ("a\u{0}\r\nb.jpg", "ab.jpg"), ("", "photo"), ("///", "photo"), ("写真.webp", "写真.webp"),
    ])
    func fileNamesAreCleaned(sent: String, kept: String) {
        #expect(UploadedPhoto.cleanName(sent) == kept)
        #expect(UploadedPhoto.cleanName(nil) == "photo")
        #expect(UploadedPhoto.cleanName(String(repeating: "x", count: 500)).count == 200)
    }
}
