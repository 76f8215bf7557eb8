#!/usr/bin/env bash
# Smile 3.1.1 (Java): ChiSqTest.test() of two lists of counts compares the counts, not their shares: the same looks among
# 1000 and among 2000 faces differ with p = 0. And where nothing differs at all, p is 0 in each of its tests.
#
# Expected: "two-sample Pearson's chi-square test" asks whether two sets of binned data come from one distribution,
#   however many there are of each: of 1000 and 2000 faces with nearly the same shares p is nearly 1, as by test() of
#   the same two rows as a table, or by scipy's chi2_contingency; and p of the statistic 0 is 1.
# Seen: it adds up (a - b)^2 / (a + b), which is right for equal totals only; nothing is said of that in its
#   documentation, and nothing is raised. It is so in the repository of 2026 too. "Does this week look different from
#   the last one" is answered by how many photos came: of weeks drawn from one distribution, of 1000 and 1100 faces a
#   quarter is "different" at 0.05, of 1000 and 1300 every one. Besides, Gamma.regularizedUpperIncompleteGamma(s, 0)
#   is 0 in 3.1.1, the newest version for Java 17 (in the repository it is 1 now): lists that agree exactly, which is
#   what a first test asks, differ with certainty, by the table and against probabilities as well.
# So: ChiSqTest.test(new int[][] {a, b}), with p = 1 where its chisq is 0; in a test a list against twice itself.
set -euo pipefail
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>com.github.haifengl</groupId><artifactId>smile-base</artifactId>
  <version>3.1.1</version><exclusions><exclusion><groupId>org.bytedeco</groupId><artifactId>*</artifactId></exclusion>
  </exclusions></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Weeks.java <<'END'
import java.util.Arrays;
import java.util.Random;
import smile.stat.hypothesis.ChiSqTest;

public class Weeks {
    static final int[] SHARES = {400, 250, 120, 100, 60, 50, 20}; // of a thousand faces, seven looks

    /** Pearson's statistic of two rows, against what the columns' shares let expect. */
    static double byHand(int[] a, int[] b) {
        double first = Arrays.stream(a).sum();
        double second = Arrays.stream(b).sum();
        double sum = 0;
        for (int look = 0; look < a.length; look++) {
            double share = (a[look] + b[look]) / (first + second);
            sum += Math.pow(a[look] - share * first, 2) / (share * first);
            sum += Math.pow(b[look] - share * second, 2) / (share * second);
        }
        return sum;
    }

    static int[] week(int faces, Random random) {
        int[] counts = new int[SHARES.length];
        for (int face = 0; face < faces; face++) {
            int place = random.nextInt(1000);
            int look = 0;
            while (place >= SHARES[look]) place -= SHARES[look++];
            counts[look]++;
        }
        return counts;
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            System.out.println("changed: " + what);
            System.exit(1);
        }
    }

    public static void main(String[] arguments) {
        int[] twice = Arrays.stream(SHARES).map(count -> 2 * count).toArray();
        twice[0]++;
        twice[1]--;
        ChiSqTest two = ChiSqTest.test(SHARES, twice);
        ChiSqTest table = ChiSqTest.test(new int[][] {SHARES, twice});
        System.out.println("nearly the same shares, of 1000 and 2000 faces");
        System.out.printf("  by hand %.4f%n  %s%n  %s%n", byHand(SHARES, twice), table, two);
        check(Math.abs(byHand(SHARES, twice) - table.chisq) < 1e-6 && table.pvalue > 0.999, "the control");
        check(two.pvalue < 1e-50 && two.chisq > 300, "the same shares are the same");

        System.out.println("a list and itself: p in the three tests, of which each should be 1");
        double[] shares = Arrays.stream(SHARES).mapToDouble(count -> count / 1000.0).toArray();
        ChiSqTest[] same = {ChiSqTest.test(SHARES, SHARES), ChiSqTest.test(new int[][] {SHARES, SHARES}),
            ChiSqTest.test(SHARES, shares)};
        for (ChiSqTest test : same) System.out.printf("  %s: statistic %s, p %s%n", test.method, test.chisq, test.pvalue);
        check(same[0].chisq == 0 && same[0].pvalue == 0 && same[1].chisq == 0 && same[1].pvalue == 0, "p of 0");
        check(same[2].chisq == 0 && same[2].pvalue == 0, "p of 0 against probabilities");

        System.out.println("two weeks of one distribution, a thousand times: p below 0.05, and by the table");
        Random random = new Random(1);
        for (int faces : new int[] {1000, 1100, 1300, 2000}) {
            int seen = 0;
            int right = 0;
            for (int round = 0; round < 1000; round++) {
                int[] last = week(1000, random);
                int[] now = week(faces, random);
                two = ChiSqTest.test(last, now);
                table = ChiSqTest.test(new int[][] {last, now});
                check(Math.abs(table.chisq - byHand(last, now)) < 1e-6, "the table's statistic");
                if (faces == 1000) check(Math.abs(two.chisq - table.chisq) < 1e-6, "equal totals");
                if (two.pvalue < 0.05) seen++;
                if (table.pvalue < 0.05) right++;
            }
            System.out.printf("  1000 and %d faces: %.3f, %.3f%n", faces, seen / 1000.0, right / 1000.0);
            check(right > 25 && right < 80, "one test in twenty by the table");
            check(faces == 1000 ? seen == right : faces == 1100 ? seen > 150 && seen < 500 : seen > 950, "how many");
        }
    }
}
END
javac -cp 'jars/*' Weeks.java
java -cp 'jars/*:.' Weeks 2>log.txt || { cat log.txt >&2; exit 1; }
cat <<'END'
Smile 3.1.1. Expected: p = 1 for the same looks among twice as many faces. Seen: p = 0; the counts are compared, not the
shares, and p of the statistic 0 is 0. So test() of a table of the two rows; a list against twice itself in a test.
END
