// The infimum of a Voronoi loss over the translations (t1, t2) of the gate. For fixed cells the
// weight translation t1 and the slope translation t2 separate: the loss is least where the atoms'
// term, convex in t2, is least, and then at a breakpoint in t1. An atom changes its cell across
// hyperplanes of t2, so on a line there are finitely many intervals of fixed cells, each solved
// exactly: with one gate covariate this is the infimum itself. With more, exact line searches and
// convex solves alternate from every start until nothing changes.
#pragma once

#include <moerate/losses/voronoi.h>

namespace moerate {

struct LossValue {
  double value, t1;
  Vector t2;
  Cells cells;
  bool saturated;  // approached as t1 -> infinity: the estimate is too far for its weights to help
};

class VoronoiInfimum {
 public:
  explicit VoronoiInfimum(const VoronoiLoss& loss) : loss_(loss), sum_(loss.p()) {}

  LossValue operator()() {
    best_ = {std::numeric_limits<double>::infinity(), 0};
    best_t_ = Vector::Zero(loss_.p());
    if (loss_.p() == 0) {
      visit(best_t_);
    } else if (loss_.p() == 1) {
      search_line(Vector::Zero(1), Vector::Ones(1));
    } else {
      search_space();
    }
    return {best_.value, loss_.log_scale() - std::log(best_.u), best_t_, best_cells_, best_.u == 0};
  }

 private:
  struct Switch {
    double at;
    Index atom;
    int cell;
  };

  // Every beta1_i - beta1*_j, then the weighted mean of each one's cells, nearest the truth first.
  std::vector<Vector> starts() {
    std::vector<std::pair<double, Vector>> all;
    for (Index j = 0; j < loss_.k_true(); ++j) {
      for (Index i = 0; i < loss_.k(); ++i) {
        const Vector t = loss_.delta(i, j);
        all.emplace_back(visit(t), t);
        const Vector mean = cell_mean();
        all.emplace_back(visit(mean), mean);
      }
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Vector> out;
    for (const auto& start : all) out.push_back(start.second);
    return out;
  }

  Vector cell_mean() const {
    Vector total = Vector::Zero(loss_.p());
    for (Index i = 0; i < loss_.k(); ++i) total += loss_.weight()[i] * loss_.delta(i, cells_[i]);
    return total / loss_.weight().sum();
  }

  double visit(const Vector& t) {
    loss_.assign(t, cells_);
    loss_.atoms_term(cells_, sum_);
    const VoronoiLoss::Weighting now = loss_.weigh(sum_.value(t), cells_);
    keep(now, t);
    return now.value;
  }

  void keep(const VoronoiLoss::Weighting& now, const Vector& t) {
    if (now.value < best_.value) best_ = now, best_t_ = t, best_cells_ = cells_;
  }

  void search_space() {
    for (Vector& start : starts()) {
      if (!alternate(start)) continue;
      if (certified()) return;
      descend(start);
    }
  }

  // Cells, then the convex solve, until the cells repeat. False if another start led here.
  bool alternate(Vector& t) {
    for (int round = 0; round < 20; ++round) {
      visit(t);
      const Cells before = cells_;
      if (std::find(solved_.begin(), solved_.end(), before) != solved_.end()) return round > 0;
      solved_.push_back(before);
      sum_.minimise(t);
      visit(t);
      if (cells_ == before) return true;
    }
    return true;
  }

  // The loss is at least W* min(1, A / S), A the atoms' term, W* and S the total weights: a better
  // translation than the best so far has an atoms' term below this.
  double limit() const { return best_.value * loss_.weight().sum() / loss_.truth_weight().sum(); }

  // Is no better translation possible? It would keep each atom's own term below the limit, so it
  // would lie in a ball around some delta(i, j). A ball is settled if the terms of all atoms exceed
  // the limit in it, or if cells are constant in it and were solved.
  bool certified() {
    const double limit = this->limit();
    Index atom = 0;
    double radius = std::numeric_limits<double>::infinity();
    for (Index i = 0; i < loss_.k(); ++i) {
      const double reach = loss_.reach(i, limit);
      if (reach < radius) radius = reach, atom = i;
    }
    for (Index j = 0; j < loss_.k_true(); ++j) {
      if (!settled(loss_.delta(atom, j), radius, limit)) return false;
    }
    return true;
  }

  bool settled(const Vector& centre, double radius, double limit) {
    double total = 0;
    bool constant = true;
    loss_.assign(centre, cells_);
    for (Index i = 0; i < loss_.k(); ++i) {
      double least = std::numeric_limits<double>::infinity();
      for (Index j = 0; j < loss_.k_true(); ++j) {
        const double gap = std::max(0.0, (loss_.delta(i, j) - centre).norm() - radius);
        least = std::min(least, loss_.least_term(i, j, gap * gap));
        constant = constant && (j == cells_[i] || !loss_.meets(i, j, cells_[i], centre, radius));
      }
      total += least;
    }
    if (total > limit) return true;
    return constant && std::find(solved_.begin(), solved_.end(), cells_) != solved_.end();
  }

  // Line searches from a minimum for its cells: towards the minimiser of the cells met, along the
  // axes, and along the hyperplanes where atoms change cells, until nothing changes.
  void descend(Vector t) {
    double value = visit(t);
    for (int round = 0; round < 50; ++round) {
      const double before = value;
      visit(t);
      Vector target = t;
      sum_.minimise(target);
      for (const Vector& direction : directions(target - t)) {
        const auto found = search_line(t, direction);
        if (found.first < value) value = found.first, t += found.second * direction;
      }
      if (!(value < before - 1e-12 * before)) return;
    }
  }

  std::vector<Vector> directions(const Vector& move) const {
    std::vector<Vector> out;
    const auto add = [&](const Vector& d) {
      if (d.norm() > 1e-12 * (1 + move.norm())) out.push_back(d / d.norm());
    };
    add(move);
    for (Index l = 0; l < loss_.p(); ++l) add(Vector::Unit(loss_.p(), l));
    for (Index j = 0; j < loss_.k_true(); ++j) {
      for (Index l = 0; l < j; ++l) {
        const Vector normal = (loss_.delta(0, j) - loss_.delta(0, l)).normalized();
        add(move - normal.dot(move) * normal);
      }
    }
    return out;
  }

  // Where atom i changes cells on origin + x direction: the lower envelope of k* lines in x.
  void find_switches(const Vector& origin, const Vector& direction) {
    switches_.clear();
    cells_.assign(static_cast<std::size_t>(loss_.k()), 0);
    const Index k_true = loss_.k_true();
    slope_.resize(k_true), height_.resize(k_true);
    for (Index i = 0; i < loss_.k(); ++i) {
      Index cell = 0;
      for (Index j = 0; j < k_true; ++j) {
        slope_[j] = direction.dot(loss_.delta(i, j) - origin);
        height_[j] = (loss_.delta(i, j) - origin).squaredNorm() + loss_.rest(i, j);
        const bool first = slope_[j] < slope_[cell];
        if (first || (slope_[j] == slope_[cell] && height_[j] < height_[cell])) cell = j;
      }
      cells_[i] = static_cast<int>(cell);
      for (;;) {
        Index next = -1;
        double at = std::numeric_limits<double>::infinity();
        for (Index j = 0; j < k_true; ++j) {
          if (slope_[j] <= slope_[cell]) continue;
          const double x = (height_[j] - height_[cell]) / (2 * (slope_[j] - slope_[cell]));
          if (x < at || (x == at && next >= 0 && slope_[j] > slope_[next])) at = x, next = j;
        }
        if (next < 0) break;
        switches_.push_back({at, i, static_cast<int>(next)});
        cell = next;
      }
    }
    std::sort(switches_.begin(), switches_.end(),
              [](const Switch& a, const Switch& b) { return a.at < b.at; });
  }

  // The least value on the line and a point just inside the interval where it is approached.
  std::pair<double, double> search_line(const Vector& origin, const Vector& direction) {
    const double infinity = std::numeric_limits<double>::infinity();
    find_switches(origin, direction);
    double lo = -infinity, least = infinity, where = 0;
    for (std::size_t next = 0; next <= switches_.size(); ++next) {
      const double hi = next < switches_.size() ? switches_[next].at : infinity;
      if (hi - lo > 1e-14 * std::abs(hi) || !std::isfinite(hi)) {
        loss_.atoms_term(cells_, sum_);
        sum_.along(origin, direction, line_);
        const ConvexLine::Minimum point = line_.minimise(lo, hi, limit());
        const VoronoiLoss::Weighting now = loss_.weigh(point.value, cells_);
        keep(now, origin + point.at * direction);
        if (now.value < least) least = now.value, where = inside(point.at, lo, hi);
      }
      if (next < switches_.size()) cells_[switches_[next].atom] = switches_[next].cell;
      lo = hi;
    }
    return {least, where};
  }

  static double inside(double x, double lo, double hi) {
    const double nudge = 1e-9 * std::min(hi - lo, 1 + std::abs(x));
    return std::min(std::max(x, lo + nudge), hi - nudge);
  }

  const VoronoiLoss& loss_;
  NormPowers sum_;
  ConvexLine line_;
  std::vector<Switch> switches_;
  Cells cells_, best_cells_;
  std::vector<Cells> solved_;
  VoronoiLoss::Weighting best_{0, 0};
  Vector best_t_, slope_, height_;
};

inline LossValue voronoi_loss(const Atoms& estimate, const Atoms& truth, const LossRule& rule,
                              double r) {
  const VoronoiLoss loss(estimate, truth, rule, r);
  return VoronoiInfimum(loss)();
}

}  // namespace moerate
