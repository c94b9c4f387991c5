// SPDX-License-Identifier: MIT
//
// The resources of /api/v1: one function a route, one file a resource. Called by dispatch() for a
// caller who has passed the gate, on a worker's thread; each answers with a Response, errors
// included.
#pragma once

#include "api/call.h"

namespace om::api {

Response get_session(const Call& call);
Response create_session(const Call& call);
Response create_session_by_link(const Call& call);
Response set_password(const Call& call);
Response end_session(const Call& call);

Response list_categories(const Call& call);
Response list_apps(const Call& call);
Response add_app(const Call& call);
Response list_hosts(const Call& call);
Response add_host(const Call& call);
Response import_hosts(const Call& call);
Response list_credentials(const Call& call);
Response add_credential(const Call& call);

Response list_host_keys(const Call& call);
Response list_pending_host_keys(const Call& call);
Response accept_host_keys(const Call& call);
Response reject_host_keys(const Call& call);
Response forget_host_keys(const Call& call);
Response import_host_keys(const Call& call);

Response list_modules(const Call& call);
Response get_module(const Call& call);
Response add_module(const Call& call);
Response get_module_source(const Call& call);

Response preview_run(const Call& call);
Response start_run(const Call& call);
Response list_runs(const Call& call);
Response get_run(const Call& call);
Response cancel_run(const Call& call);
Response pause_run(const Call& call);
Response continue_run(const Call& call);
Response retry_run(const Call& call);
Response list_targets(const Call& call);
Response get_output(const Call& call);
Response watch_run(const Call& call);

Response list_files(const Call& call);
Response put_file(const Call& call);
Response remove_file(const Call& call);

Response create_token(const Call& call);
Response create_link(const Call& call);
Response get_health(const Call& call);

}  // namespace om::api
