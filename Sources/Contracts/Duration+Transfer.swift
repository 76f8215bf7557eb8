extension Duration {
    /// How long so many bytes may be under way between a gateway and a worker: half a minute, and what the slowest link on
    /// which photos and pictures get through needs (half a megabit a second).
    ///
    /// - Parameter bytes: with a limit of the caller's, where a stranger says how many.
    public static func transfer(of bytes: Int) -> Duration {
        transfer(of: bytes, beginning: .seconds(30))
    }

    /// The same with another time for the first byte.
    public static func transfer(of bytes: Int, beginning: Duration) -> Duration {
        beginning + .seconds(Double(max(0, bytes)) / 65_536)
    }
}
