import CLinux
import Glibc

/// Ties a child's life to its supervisor's.
public enum ParentDeath {
    /// Makes this process be killed when its supervisor ends, however that ends.
    ///
    /// - Parameter supervisor: the process id that this process was given by its supervisor.
    /// - Returns: false when the supervisor has ended already, before the kernel could take note.
    public static func follow(supervisor: Int32) -> Bool {
        mien_set_parent_death_signal(SIGKILL) == 0 && getppid() == supervisor
    }
}
