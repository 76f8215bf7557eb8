import Imaging
import Testing

@Suite struct PixelOrderTests {
    @Test(arguments: [(1, 1, 0), (7, 5, 0), (33, 3, 12), (64, 2, 4)])
    func pixelsAreLaidOutAndCollectedAgain(width: Int, height: Int, padding: Int) throws {
        let pixels = (0..<(width * height * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let stride = width * 4 + padding
        var memory = [UInt8](repeating: 77, count: stride * height)
        try pixels.withUnsafeBufferPointer { pixels in
            try memory.withUnsafeMutableBufferPointer { memory in
                let start = try #require(memory.baseAddress)
                try PixelOrder.spread(pixels, into: start, stride: stride, width: width, height: height)
            }
        }
        let last = (height - 1) * stride + (width - 1) * 4
        #expect(Array(memory[last..<(last + 3)]) == pixels.suffix(3).reversed())
        // What lies between the rows is somebody else's.
        #expect(memory[(width * 4)..<stride].allSatisfy { $0 == 77 })
        let again = try memory.withUnsafeBufferPointer { memory in
            let start = try #require(memory.baseAddress)
            return try PixelOrder.gathered(start, stride: stride, width: width, height: height)
        }
        #expect(again == pixels)
    }

    @Test func aWrongCountOfPixelsIsRefused() throws {
        var memory = [UInt8](repeating: 0, count: 16)
        let error = #expect(throws: ImagingError.self) {
            try [UInt8](repeating: 0, count: 6).withUnsafeBufferPointer { pixels in
                try memory.withUnsafeMutableBufferPointer { memory in
                    let start = try #require(memory.baseAddress)
                    try PixelOrder.spread(pixels, into: start, stride: 8, width: 2, height: 2)
                }
            }
        }
        #expect(error?.code == .internal)
        #expect(memory.allSatisfy { $0 == 0 })
    }
}
