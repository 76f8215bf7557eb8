import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Operations
import Settings
import Testing

@testable import GatewayCore

/// What uploads under way hold: within the bound, shared out among people, at a cost in proportion to what comes.
@Suite struct UploadMemoryTests {
    private static let block = BlockBuffer.blockBytes

    @Test func nobodyHoldsMoreThanAQuarterWhateverTheirConnections() {
        let memory = UploadMemory(bytes: 64 * Self.block)
        let (eve, ada) = (UUID(), UUID())
        let leases = (0..<8).map { _ in memory.lease(for: eve) }
        var held = 0
        while leases[held % 8].take(Self.block) { held += 1 }
        #expect(held == 16)
        let other = memory.lease(for: ada)
        #expect(other.take(16 * Self.block))
        leases[0].end()
        #expect(leases[1].take(2 * Self.block), "what one upload gives back, another of the same person may have")
        #expect(!leases[1].take(Self.block))
    }

    @Test func nobodyTakesTheLast() {
        let memory = UploadMemory(bytes: 64 * Self.block)
        for _ in 0..<7 {
            let lease = memory.lease(for: UUID())
            #expect(lease.take(Self.block))
            while lease.take(Self.block) {}
        }
    }

    @Test func allTogetherNeverHoldMoreThanTheBoundAndGiveEverythingBack() {
        let memory = UploadMemory(bytes: 40 * Self.block)
        let people = (0..<5).map { _ in UUID() }
        var leases: [UploadMemory.Lease] = []
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<4) {
            case 0: leases.append(memory.lease(for: people.randomElement()!))
            case 1:
                guard let index = leases.indices.randomElement() else { continue }
                leases.remove(at: index).end()
            default: _ = leases.randomElement()?.take(.random(in: 0...3) * Self.block)
            }
            #expect(leases.reduce(0) { $0 + $1.bytes } <= 40 * Self.block)
        }
        for lease in leases { lease.end() }
        #expect(memory.lease(for: UUID()).take(10 * Self.block))
    }

    /// What is counted is what is held: however small the pieces, and however their number compares with powers of two.
    @Test(arguments: [1, 37, 1_000, 65_536, 65_537, 700_001])
    func aPhotoHoldsWhatIsCountedForIt(piece: Int) {
        let total = piece == 1 ? 70_000 : 1_100_000
        let bytes = (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var buffer = BlockBuffer()
        var counted = 0
        for start in stride(from: 0, to: total, by: piece) {
            let more = ByteBuffer(bytes: bytes[start..<min(start + piece, total)])
            counted += buffer.growth(for: more.readableBytes)
            buffer.append(more)
            #expect(buffer.heldBytes == counted)
        }
        #expect(buffer.bytes == bytes && buffer.count == total)
        #expect(buffer.blocks.reduce(0) { $0 + $1.storageCapacity } == counted)
        #expect(counted < total + Self.block)
        #expect(buffer.prefix(16) == Array(bytes.prefix(16)))
    }

    @Test func aPhotoThatIsRefusedHoldsNothing() throws {
        let memory = UploadMemory(bytes: 64 * Self.block)
        let lease = memory.lease(for: UUID())
        var assembler = FormAssembler(maxPhotoBytes: 4 * Self.block, acceptsHEIF: false, lease: lease)
        for size in [2, 5] {  // No photo, and too large.
            try assembler.take(.part(name: "photo", fileName: "a.jpg"))
            for _ in 0..<size { try assembler.take(.content(ByteBuffer(repeating: 7, count: Self.block))) }
            try assembler.take(.partEnd)
        }
        #expect(assembler.form.photos.map { $0.problem?.code } == ["unsupported_format", "too_large"])
        #expect(lease.bytes == 0)
    }

    /// One that starts with a larger one would refuse photos that its page promises to take.
    @Test func aPhotoMayBeNoLargerThanAFormMay() {
        func problems(_ bytes: Int) -> [String] {
            let reader = SettingsReader(environment: ["MIEN_MAX_UPLOAD_BYTES": "\(bytes)"])
            _ = GatewayConfiguration(reader)
            // Others are missing.
            let error = #expect(throws: SettingsError.self) { try reader.check() }
            return (error?.problems ?? []).filter { $0.contains("MIEN_MAX_UPLOAD_BYTES") }
        }
        #expect(problems(64 << 20) == [])
        #expect(problems(64 << 20 + 1).first?.contains("from 1024 to 67108864") == true)
        #expect(UploadMemory(bytes: UploadReader.maxHeldBytes).share == GatewayConfiguration.maxFormBytes)
    }

    @Test func aPhotoThatIsTooLargeForJSONIsToBeSentAsAForm() async throws {
        try await Site.run(["MIEN_MAX_UPLOAD_BYTES": "\(20 << 20)"]) { site in
            let ada = try await Program(site)
            let photo = try Site.sample() + Array(repeating: UInt8(0), count: 18 << 20)
            let json = try await ada.send(
                .post, "/analyses", ["photos": [["data": Data(photo).base64EncodedString()]]])
            #expect(json.status == .contentTooLarge)
            let problem = try json.object()
            #expect(problem["code"] as? String == "too_large")
            #expect((problem["detail"] as? String)?.contains("less than 16 MB together") == true, "\(problem)")
            #expect(try await ada.sendForm([("a.jpg", photo)]).status == .accepted)
        }
    }

    @Test func fieldsAreBoundedTogetherToo() throws {
        let lease = UploadMemory(bytes: 64 * Self.block).lease(for: UUID())
        var assembler = FormAssembler(maxPhotoBytes: 1, acceptsHEIF: false, lease: lease)
        #expect(throws: UploadError.self) {
            for number in 0..<10 {
                try assembler.take(.part(name: "field-\(number)", fileName: nil))
                try assembler.take(.content(ByteBuffer(repeating: 7, count: 60 * 1024)))
                try assembler.take(.partEnd)
            }
        }
    }

    /// A form that trickles in costs as much for each byte at its end as at its beginning.
    @Test func theCostOfASlowFormIsInProportionToItsBytes() throws {
        func cost(megabytes: Int) throws -> Double {
            let lease = UploadMemory(bytes: 256 << 20).lease(for: UUID())
            var parser = try MultipartParser(contentType: "multipart/form-data; boundary=b")
            var assembler = FormAssembler(maxPhotoBytes: 64 << 20, acceptsHEIF: false, lease: lease)
            let head = "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n"
            for event in try parser.feed(ByteBuffer(string: head)) { try assembler.take(event) }
            let piece = ByteBuffer(repeating: 0xFF, count: 512)
            let start = Self.processorSeconds()
            for _ in 0..<(megabytes << 11) {
                for event in try parser.feed(piece) { try assembler.take(event) }
            }
            return Self.processorSeconds() - start
        }
        _ = try cost(megabytes: 1)
        let (one, sixteen) = (try cost(megabytes: 1), try cost(megabytes: 16))
        #expect(sixteen < 48 * one, "16 MB cost \(sixteen) s, 1 MB \(one) s")
    }

    /// Of this thread: whatever else runs does not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
