"""The independent judge of the Learning target: numpy, scipy and scikit-learn.

Reads one JSON object from standard input, whose member "task" names one of the functions below, and writes one.
"""

import json
import sys

import numpy as np


def pairs(question):
    """The standardised differences chosen - other, each with its weight 1/(pairs of the group)."""
    from sklearn.preprocessing import StandardScaler

    rows = StandardScaler().fit_transform(np.array(question["rows"]))
    differences, shares, start = [], [], 0
    for size, chosen in zip(question["sizes"], question["chosen"]):
        for other in range(size):
            if other != chosen:
                differences.append(rows[start + chosen] - rows[start + other])
                shares.append(1 / (size - 1))
        start += size
    return rows, np.array(differences), np.array(shares)


def ranker(question):
    from sklearn.linear_model import LogisticRegression

    _, differences, shares = pairs(question)
    # scikit-learn wants both classes: every second pair is turned round, which changes nothing.
    signs = np.where(np.arange(len(differences)) % 2 == 0, 1, -1)

    def fit(weight):
        model = LogisticRegression(
            C=1 / question["l2"], fit_intercept=False, solver="newton-cholesky", tol=1e-12, max_iter=1000
        )
        return model.fit(differences * signs[:, None], signs, sample_weight=weight).coef_[0]

    weights, careless = fit(shares), 0.05 if question["rounds"] else 0.0
    owner = np.repeat(np.arange(len(question["sizes"])), np.array(question["sizes"]) - 1)
    sizes = np.array(question["sizes"])
    for _ in range(question["rounds"]):
        odds = 1 + np.bincount(owner, np.exp(-(differences @ weights)))
        careful = (1 - careless) / odds / ((1 - careless) / odds + careless / sizes)
        careless = (1 - careful).mean()
        weights = fit(shares * careful[owner])
    return {"weights": weights.tolist(), "careless": float(careless)}


def conditional_logit(question):
    """The weights of McFadden's conditional logit with the same penalty, on standardised features."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    rows, _, _ = pairs(question)
    size = question["sizes"][0]
    groups = rows.reshape(-1, size, rows.shape[1])
    chosen = np.array(question["chosen"])
    taken = groups[np.arange(len(groups)), chosen]

    def loss(weights):
        scores = groups @ weights
        total = logsumexp(scores, axis=1)
        shares = np.exp(scores - total[:, None])
        gradient = ((shares[:, :, None] * groups).sum(axis=1) - taken).sum(axis=0)
        value = (total - taken @ weights).sum()
        return value + question["l2"] / 2 * weights @ weights, gradient + question["l2"] * weights

    return {"weights": minimize(loss, np.zeros(rows.shape[1]), jac=True, method="BFGS").x.tolist()}


def ridge(question):
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.array(question["inputs"]))
    outputs = np.array(question["outputs"])
    model = Ridge(alpha=question["lambda"], solver="cholesky")
    model.fit(scaler.transform(np.array(question["inputs"])), outputs)
    variances = outputs.var(axis=0)
    errors = []
    for strength in question["grid"]:
        other = Ridge(alpha=strength, solver="cholesky")
        other.fit(scaler.transform(np.array(question["inputs"])), outputs)
        gap = other.predict(scaler.transform(np.array(question["asked"]))) - np.array(question["truth"])
        errors.append(float(((gap**2).mean(axis=0) / variances).sum()))
    return {
        "weights": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "predicted": model.predict(scaler.transform(np.array(question["asked"]))).tolist(),
        "best": question["grid"][int(np.argmin(errors))],
    }


def isotonic(question):
    from sklearn.isotonic import IsotonicRegression

    values = []
    for x, y in zip(question["x"], question["y"]):
        curve = IsotonicRegression(out_of_bounds="clip").fit(x, y)
        values.append(curve.predict(question["asked"]).tolist())
    return {"values": values}


def scaling(question):
    """The inverse temperature and Platt's curve, each by another method of minimisation than the project's."""
    from scipy.optimize import minimize, minimize_scalar
    from scipy.special import expit, log_softmax, logit, softmax

    scores, chosen = np.array(question["scores"]), np.array(question["chosen"])
    count, size = scores.shape
    miss = 1 / (count + 2)
    targets = np.full(scores.shape, miss / (size - 1))
    targets[np.arange(count), chosen] = 1 - miss
    result = minimize_scalar(
        lambda beta: -(targets * log_softmax(beta * scores, axis=1)).sum(),
        bounds=(0, 50), method="bounded", options={"xatol": 1e-12},
    )
    odds = logit(softmax(question["beta"] * scores, axis=1).max(axis=1))
    right = scores.argmax(axis=1) == chosen
    high, low = (right.sum() + 1) / (right.sum() + 2), 1 / ((~right).sum() + 2)
    goal = np.where(right, high, low)

    def loss(curve):
        z = curve[0] * odds + curve[1]
        value = (np.logaddexp(0, z) - goal * z).sum() + 0.5e-6 * ((curve[0] - 1) ** 2 + curve[1] ** 2)
        gap = expit(z) - goal
        pull = 1e-6 * np.array([curve[0] - 1, curve[1]])
        return value, np.array([(gap * odds).sum(), gap.sum()]) + pull

    curve = minimize(loss, [1, 0], jac=True, method="BFGS", options={"gtol": 1e-10}).x
    return {"beta": float(result.x), "slope": float(curve[0]), "intercept": float(curve[1])}


def binomial(question):
    from scipy.stats import beta, binom

    upper, cumulative = [], []
    for events, count, level, probability in question["cases"]:
        upper.append(1.0 if events >= count else float(beta.ppf(level, events + 1, count - events)))
        cumulative.append(float(binom.cdf(events, count, probability)))
    return {"upper": upper, "cumulative": cumulative}


def bootstrap(question):
    from scipy.stats import bootstrap as resample

    gap = np.array(question["first"]) - np.array(question["second"])
    result = resample(
        (gap,), np.mean, method="percentile", confidence_level=question["level"], n_resamples=20000,
        rng=np.random.default_rng(1),
    )
    values = sorted(question["values"])
    return {
        "low": float(result.confidence_interval.low), "high": float(result.confidence_interval.high),
        "quantiles": np.quantile(values, question["shares"]).tolist(),
    }


question = json.load(sys.stdin)
answer = {
    function.__name__: function
    for function in (ranker, conditional_logit, ridge, isotonic, scaling, binomial, bootstrap)
}[question["task"]](question)
json.dump(answer, sys.stdout)
