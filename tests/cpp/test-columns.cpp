// Products, ranges and loops of columns against Eigen's, narrow and wide, at every length.
#include "support.h"

#include <moerate/numerics/columns.h>

using namespace support;

TEST_CASE("columns: products are Eigen's at every length and width, and are added") {
  Stream stream(30, Purpose::user);
  for (Index n = 0; n < 20; ++n)
    for (Index a = 1; a <= 7; ++a)
      for (Index b = 1; b <= 9; ++b) {
        // rows below are not to be touched
        const Matrix A = normal_matrix(n + 3, a, stream), B = normal_matrix(n + 3, b, stream);
        const Matrix before = normal_matrix(a, b, stream);
        const Matrix wanted = before + A.topRows(n).transpose() * B.topRows(n);
        Matrix sum = before;
        add_product(A, B, n, sum);
        CHECK(distance(sum, wanted) < 1e-13);
      }
}

TEST_CASE("columns: the narrow product is the wide one") {
  Stream stream(31, Purpose::user);
  for (const Index n : {Index{1}, Index{4}, Index{7}, Index{192}}) {
    const Matrix A = normal_matrix(n, 3, stream), B = normal_matrix(n, 4, stream);
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < 4; ++c) {
        Matrix sum = Matrix::Zero(3, 4), wanted = sum;
        columns::kAny[r][c](n, {A.data(), n}, {B.data(), n}, sum.data(), 3);
        wanted.topLeftCorner(r + 1, c + 1) = A.leftCols(r + 1).transpose() * B.leftCols(c + 1);
        CHECK(distance(sum, wanted) < 1e-12);
      }
  }
}

TEST_CASE("columns: ranges, and every row once") {
  Stream stream(32, Purpose::user);
  for (Index n = 1; n < 40; ++n) {
    const Vector x = normal_vector(n, stream);
    for (const columns::Range& range : {range_of(x.data(), n), columns::range_any(x.data(), n)}) {
      CHECK(range.low == x.minCoeff());
      CHECK(range.high == x.maxCoeff());
    }
    Vector count = Vector::Zero(n + 1), narrow = count;
    double *to = count.data(), *other = narrow.data();
    for_rows(n, [=](Index i) { to[i] += 1; });
    columns::each_any(n, [=](Index i) { other[i] += 1; });
    CHECK(count.head(n) == Vector::Ones(n));
    CHECK(count[n] == 0);
    CHECK(narrow == count);
  }
}
