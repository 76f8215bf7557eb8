/// Which Mien this is: processes of one installation may be of two releases while it is upgraded.
public enum Release {
    /// The version, as `major.minor.patch`.
    public static let version = "0.1.0"
}
