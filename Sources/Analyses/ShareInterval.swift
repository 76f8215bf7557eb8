/// How surely a share is known that was counted.
package struct ShareInterval: Sendable, Equatable {
    /// 0…1, as counted.
    package let share: Double
    /// Where it may as well be, at 95 %.
    package let low: Double
    package let high: Double

    /// The standard normal distribution's 97.5 % point.
    private static let z = 1.959964
    /// Further apart than so, the ends say nothing that anybody could use: between 20 and 50 % is no answer.
    static let widest = 0.3

    /// Wilson's score interval (E. B. Wilson, 1927, JASA 22, 209–212; equation 4 of R. G. Newcombe, 1998, Statistics in Medicine
    /// 17, 857–872), which holds for few faces and for shares near 0 and 1 as well.
    ///
    /// - Important: It takes the faces for independent of each other. Those of one photo, and ten photos of one moment, are not:
    ///   what really is known is less.
    package init(_ count: Int, of all: Int) {
        guard all > 0 else {
            (share, low, high) = (0, 0, 1)
            return
        }
        let (n, z) = (Double(all), Self.z)
        let p = Double(count) / n
        let middle = p + z * z / (2 * n)
        let reach = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        share = p
        low = max(0, (middle - reach) / scale)
        high = min(1, (middle + reach) / scale)
    }

    /// Whether there are too few faces to say anything.
    package var isTooWide: Bool { high - low > Self.widest }

    /// Whether the difference of two shares may be chance: whether its interval has a zero in it (Newcombe's hybrid score
    /// interval, 1998, Statistics in Medicine 17, 873–890, method 10).
    package func mayEqual(_ other: ShareInterval) -> Bool {
        func squared(_ value: Double) -> Double { value * value }
        let difference = share - other.share
        let below = (squared(share - low) + squared(other.high - other.share)).squareRoot()
        let above = (squared(high - share) + squared(other.share - other.low)).squareRoot()
        return difference - below <= 0 && difference + above >= 0
    }
}
