"""Slips of those who ask, people and language models: what is plainly meant is taken, and what is not is answered by what would do,
never by advice that rests on nothing. Usage: test_slips.py BIN"""
import sys

from frontend_fixture import expect, expect_error, run_all
from history_fixture import History, steady

REGIONS, COMPARE, SCHEDULE = "get_regional_comparison", "compare_optimization_impact", "calculate_optimal_schedule"


def lists_and_truths_may_come_as_texts():
    with History(steady(40, 10)) as history:
        for given in (["us-east-1", "eu-north-1"], '["us-east-1", "eu-north-1"]', "us-east-1,eu-north-1"):
            status, body = history.ask(REGIONS, comparison_regions=given)
            expect((status, sorted(one["region"] for one in body["comparisons"]), body["skipped"]),
                   (200, ["ap-northeast-2", "eu-north-1", "us-east-1"], []))
        expect(history.ask(COMPARE, workload_name="ml-training-job", optimizations='["temporal_shift"]')[0], 200)
        for given in ('["temporal_shift", 5]', '["temporal_shift"', '["nonsense"]'):
            expect_error(history.ask(COMPARE, workload_name="ml-training-job", optimizations=given), 422, "INVALID_ARGUMENT")
        for given, status in (("true", 200), ("false", 200), ("yes", 422), (1, 422), ("", 422)):
            expect((given, history.ask(REGIONS, allow_fake=given)[0]), (given, status))


def nobody_is_told_to_stay_where_nothing_was_compared():
    with History(steady(40, 10)) as history:
        error = expect_error(history.ask(REGIONS, comparison_regions=["us-east1", "mars"]), 422, "UNKNOWN_REGION")
        expect((error["field"], error["candidates"]), ("comparison_regions", ["us-east-1"]))
        status, body = history.ask(REGIONS, comparison_regions=["us-east1", "eu-north-1"])
        expect((status, body["skipped"], body["best_region"]), (200, ["us-east1"], "eu-north-1"))


def a_region_is_suggested_by_what_people_call_it():
    with History(steady(40, 10)) as history:
        for called in ("Seoul", "KR", "서울", "Asia/Seoul", "AP-NORTHEAST-2"):
            expect(expect_error(history.ask(REGIONS, region=called), 422, "UNKNOWN_REGION")["candidates"], ["ap-northeast-2"])
        assert "candidates" not in expect_error(history.ask(REGIONS, region="all"), 422, "UNKNOWN_REGION")
        error = expect_error(history.ask("assess_workload_compliance", workload_name="ML-Training-Job"), 404, "WORKLOAD_NOT_FOUND")
        expect(error["candidates"], ["ml-training-job"])


def an_empty_list_says_which_namespaces_there_are():
    with History(steady(40, 10)) as history:
        for lang, words in (("en", "Known: ai-team"), ("ko", "ai-team")):
            body = history.ask("list_top_power_consumers", namespace="default", lang=lang)[1]
            assert body["consumers"] == [] and words in body["recommendation"], body
        assert "recommendation" not in history.ask("list_top_power_consumers")[1]


def a_job_that_does_not_fit_is_told_what_is_too_short():
    with History(steady(40, 10)) as history:
        for given, word in (({"deadline": "2020-01-01T00:00:00Z"}, "deadline"), ({"allowed_window": "22:00-23:00"}, "allowed_window")):
            for lang in ("en", "ko"):
                error = expect_error(history.ask(SCHEDULE, power_watts=100, lang=lang, **given), 422, "DURATION_EXCEEDS_WINDOW")
                assert error["hint"].startswith(word), error


sys.exit(run_all("slips", globals()))
