import Foundation

/// An opaque sRGB colour.
public struct Colour: Sendable, Hashable {
    /// Red, 0…1.
    public let red: Double
    /// Green, 0…1.
    public let green: Double
    /// Blue, 0…1.
    public let blue: Double

    /// Makes a colour from 0xRRGGBB.
    public init(hex: UInt32) {
        red = Double((hex >> 16) & 0xFF) / 255
        green = Double((hex >> 8) & 0xFF) / 255
        blue = Double(hex & 0xFF) / 255
    }

    /// Black.
    public static let black = Colour(hex: 0x000000)
    /// White.
    public static let white = Colour(hex: 0xFFFFFF)

    /// Relative luminance (WCAG 2.2).
    public var luminance: Double {
        func linear(_ value: Double) -> Double {
            value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// Contrast ratio with another colour, 1…21 (WCAG 2.2).
    public func contrast(with other: Colour) -> Double {
        let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)
    }

    /// Black or white, whichever reads better on this colour; one of them always reaches 4.5.
    public var textColour: Colour {
        contrast(with: .black) >= contrast(with: .white) ? .black : .white
    }
}
