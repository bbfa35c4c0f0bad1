#include "pkcs11/pool.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>

#include "common/arena.h"
#include "common/registers.h"
#include "common/thread.h"

namespace mortise::pkcs11 {
namespace {

constexpr size_t kMostQueuedBytes = 64 << 20;
// A thread without work ends after this, and gives its session back.
constexpr Milliseconds kIdle{300000};
// How long fewer sessions are asked of a token that gave no more, and how long the first one is waited for.
constexpr Milliseconds kFewer{30000};
constexpr Milliseconds kPatience{1000};
// A token that fails again sooner than this was not brought back for good.
constexpr Milliseconds kRelapse{30000};
constexpr Milliseconds kFirstDelay{100};
constexpr Milliseconds kLongestDelay{1000};
constexpr Milliseconds kLongestRelapseDelay{30000};
// CKR_GENERAL_ERROR and the like so many times in a row are no matter of the data, though the session answers: some libraries do not
// notice that their device is gone.
constexpr size_t kMostSuspicious = 5;

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Pool>> pools;
};
// Never destroyed, like what hangs in a module.
Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

Milliseconds Delay(Milliseconds first, size_t times, Milliseconds longest) {
  return std::min(longest, first * (1 << std::min<size_t>(times, 10)));
}

Error Unavailable(const std::string& reason) { return Error{Code::kHsmUnavailable, "the token does not answer: " + reason}; }

}  // namespace

const char* StateName(State state) {
  constexpr const char* names[] = {"opening", "ready", "degraded", "down", "recovering", "poisoned", "refused", "closed"};
  return names[static_cast<size_t>(state)];
}

struct Pool::Job {
  void Finish(Status status) {
    if (!settled.exchange(true)) settle(std::move(status));
  }

  JobKind kind = JobKind::kUse;
  size_t bytes = 0;
  pkcs11::Work work;
  pkcs11::Settle settle;
  Clock::time_point queued;
  Clock::time_point deadline;
  std::atomic<bool> settled{false};
};

struct Pool::Worker {
  explicit Worker(std::shared_ptr<Pool> of) : pool(std::move(of)), session(pool->token_) {}

  const std::shared_ptr<Pool> pool;
  Session session;
  JobRef job;
  // The deadline of its job has passed.
  bool stuck = false;
  bool woken = false;
  std::condition_variable wake;
};

Result<std::shared_ptr<Pool>> Pool::Join(Options options, Settle opened) {
  char path[PATH_MAX];
  if (realpath(options.module.c_str(), path) == nullptr) {
    return Error{Code::kHsmModule, options.module + ": there is no such file"};
  }
  options.module = path;
  std::string name = path;
  for (const std::string* const part : {&options.selector.label, &options.selector.serial, &options.selector.manufacturer,
                                        &options.selector.model}) {
    name += '\0' + *part;
  }
  std::shared_ptr<Pool> pool;
  {
    Registry& registry = TheRegistry();
    const std::lock_guard<std::mutex> lock(registry.mutex);
    std::shared_ptr<Pool>& entry = registry.pools[name];
    if (entry == nullptr) {
      entry.reset(new Pool(std::move(options)));
      entry->name_ = name;
      entry->Start();
    } else if (!entry->token_.HasPin(options.pin.view())) {
      return Error{Code::kHsmLoginRefused, "this process has opened the token with another PIN"};
    }
    pool = entry;
    pool->users_++;
  }
  pool->Run(JobKind::kSearch, 0, [](Session&) { return Status(Done{}); }, std::move(opened));
  return pool;
}

Pool::Pool(Options options) : token_(std::move(options)), owner_(getpid()) {}

Pool::~Pool() = default;

void Pool::Leave(std::function<void()> closed) {
  if (getpid() != owner_) return closed();
  Settlements settlements;
  {
    Registry& registry = TheRegistry();
    const std::lock_guard<std::mutex> lock(registry.mutex);
    if (--users_ > 0) return closed();
    registry.pools.erase(name_);
  }
  {
    const Lock lock(mutex_);
    users_gone_ = true;
    closed_.push_back(std::move(closed));
    SetState(State::kClosed, "the pool is closed");
    FailQueue(Error{Code::kClosed, "the token has been closed"}, settlements);
    hold_ = false;
    for (Worker* const worker : idle_) {
      worker->woken = true;
      worker->wake.notify_one();
    }
    idle_.clear();
    keep_.notify_all();
    recovered_.notify_all();
  }
  SettleAll(settlements);
}

bool Pool::AwaitIdle(Milliseconds patience) {
  const Clock::time_point until = Clock::now() + patience;
  for (;;) {
    {
      const Lock lock(mutex_);
      if (in_flight_ == 0) return true;
    }
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(Milliseconds(1));
  }
}

void Pool::Run(JobKind kind, size_t bytes, pkcs11::Work work, Settle settle) {
  // Its threads are not in a forked child, and its locks may be held by nobody.
  if (getpid() != owner_) return settle(Unavailable("this process was forked from the one that has opened it"));
  const auto job = std::make_shared<Job>();
  job->kind = kind;
  job->bytes = bytes;
  job->work = std::move(work);
  job->settle = std::move(settle);
  job->queued = Clock::now();
  job->deadline = job->queued + (kind == JobKind::kUse ? policy().deadline : policy().generation_deadline);
  std::optional<Error> refusal;
  {
    const Lock lock(mutex_);
    if (state_ == State::kClosed) {
      refusal = Error{Code::kClosed, "the token has been closed"};
    } else if (state_ == State::kRefused) {
      refusal = Error{Code::kHsmLoginRefused, reason_};
    } else if (!serving() && !hold_) {
      refusal = Unavailable(reason_);
    } else if (queue_.size() >= policy().queue || queued_bytes_ + bytes > kMostQueuedBytes) {
      busy_++;
      refusal = Error{Code::kHsmBusy};
    } else {
      jobs_++;
      queue_.push_back(job);
      queued_bytes_ += bytes;
      Dispatch();
      if (job->deadline < watch_until_) watch_.notify_all();
    }
  }
  if (refusal) job->Finish(*refusal);
}

PoolStatus Pool::status() {
  Counters& counters = token_.counters();
  const Lock lock(mutex_);
  PoolStatus status = {};
  status.state = state_;
  status.reason = working() ? "" : reason_;
  status.generation = token_.generation();
  status.threads = workers_.size();
  status.sessions = counters.sessions;
  status.limit = limit_;
  status.queued = queue_.size();
  status.in_flight = in_flight_;
  status.stuck = stuck_;
  status.jobs = jobs_;
  status.failed = failed_;
  status.busy = busy_;
  status.timeouts = timeouts_;
  status.logins = counters.logins;
  status.finds = counters.finds;
  status.sessions_opened = counters.sessions_opened;
  status.retries = counters.retries;
  status.reinitializations = counters.reinitializations;
  const int64_t until = std::chrono::duration_cast<Milliseconds>(next_recovery_ - Clock::now()).count();
  status.next_attempt_ms = state_ == State::kDown && until > 0 ? static_cast<uint64_t>(until) : 0;
  for (size_t i = 0; i < counters.codes.size(); i++) {
    if (counters.codes[i] > 0) status.codes.emplace_back(ReturnCodeAt(i).name, counters.codes[i]);
  }
  std::copy(std::begin(waits_), std::end(waits_), status.waits);
  return status;
}

// Threads.

template <void (Pool::*body)()>
void* Pool::Thread(void* pool) {
  const std::unique_ptr<std::shared_ptr<Pool>> held(static_cast<std::shared_ptr<Pool>*>(pool));
  ((*held).get()->*body)();
  return nullptr;
}

void* Pool::WorkerThread(void* argument) {
  const std::unique_ptr<std::shared_ptr<Worker>> held(static_cast<std::shared_ptr<Worker>*>(argument));
  static_cast<void>(HideStack());
  (*held)->pool->DoJobs(*held);
  return nullptr;
}

void Pool::Start() {
  pthread_t thread;
  auto held = std::make_unique<std::shared_ptr<Pool>>(shared_from_this());
  if (StartThread(&thread, &Pool::Thread<&Pool::Watch>, held.get())) {
    static_cast<void>(held.release());
    pthread_detach(thread);
  }
  held = std::make_unique<std::shared_ptr<Pool>>(shared_from_this());
  if (StartThread(&thread, &Pool::Thread<&Pool::Keep>, held.get())) {
    static_cast<void>(held.release());
    pthread_detach(thread);
  }
}

void Pool::StartWorker() {
  auto held = std::make_unique<std::shared_ptr<Worker>>(std::make_shared<Worker>(shared_from_this()));
  pthread_t thread;
  workers_.push_back(*held);
  if (!StartThread(&thread, &Pool::WorkerThread, held.get())) {
    workers_.pop_back();
    return;
  }
  pthread_setname_np(thread, "mortise-pkcs11");
  static_cast<void>(held.release());
  pthread_detach(thread);
}

// For one job that is in the queue.
void Pool::Dispatch() {
  if (!serving()) return;
  if (!idle_.empty()) {
    Worker* const worker = idle_.back();
    idle_.pop_back();
    worker->woken = true;
    worker->wake.notify_one();
    return;
  }
  const bool whole = limited_until_ != Clock::time_point() && limited_until_ <= Clock::now();
  if (whole) {
    limit_ = most_;
    limited_until_ = {};
  }
  if (active() < limit_ && workers_.size() < 2 * most_) StartWorker();
}

Pool::JobRef Pool::Take() {
  if (!serving()) return nullptr;
  const auto next = std::find_if(queue_.begin(), queue_.end(),
                                 [this](const JobRef& one) { return one->kind != JobKind::kMake || !making_; });
  if (next == queue_.end()) return nullptr;
  JobRef job = std::move(*next);
  queue_.erase(next);
  queued_bytes_ -= job->bytes;
  const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - job->queued).count();
  size_t bucket = 0;
  while (bucket < kWaitBuckets - 1 && waited > int64_t{1} << bucket) bucket++;
  waits_[bucket]++;
  return job;
}

void Pool::DoJobs(const std::shared_ptr<Worker>& worker) {
  Lock lock(mutex_);
  for (;;) {
    if (state_ == State::kClosed || active() > limit_) break;
    if (JobRef job = Take()) {
      Execute(*worker, std::move(job), lock);
    } else if (!AwaitJob(*worker, lock)) {
      break;
    }
  }
  lock.unlock();
  if (worker->session.handle() != 0) {
    Module& module = *token_.module();
    module.Enter();
    worker->session.Close();
    module.Leave();
  }
  lock.lock();
  workers_.erase(std::find(workers_.begin(), workers_.end(), worker));
  keep_.notify_all();
  // What came when it had decided to go.
  if (!queue_.empty() && state_ != State::kClosed) Dispatch();
}

void Pool::Execute(Worker& worker, JobRef job, Lock& lock) {
  worker.job = job;
  in_flight_++;
  const bool makes = job->kind == JobKind::kMake;
  if (makes) making_ = true;
  lock.unlock();
  std::optional<Status> status = Attempt(worker, job);
  WipeRegisters();
  const bool done = status && status->ok();
  const bool failed = status && !done;
  if (status) job->Finish(std::move(*status));
  // What it holds may be much.
  job.reset();
  lock.lock();
  worker.job.reset();
  if (failed) failed_++;
  if (done && state_ == State::kOpening) {
    const size_t sessions = SessionsOf(capabilities().token).value_or(SIZE_MAX);
    const size_t kept = 1 + policy().reserve;
    limit_ = most_ = std::min(policy().threads, sessions > kept ? sessions - kept : 1);
    SetState(State::kReady, "");
  }
  if (worker.stuck) {
    worker.stuck = false;
    stuck_--;
    Returned();
  } else {
    in_flight_--;
    if (makes) making_ = false;
  }
}

// A call that was given up has come back.
void Pool::Returned() {
  if (state_ == State::kPoisoned) {
    SetState(State::kDown, reason_);
    next_recovery_ = Clock::now();
    keep_.notify_all();
  } else if (state_ == State::kDegraded && stuck_ == 0) {
    SetState(State::kReady, "");
  }
}

// False where the thread is to end.
bool Pool::AwaitJob(Worker& worker, Lock& lock) {
  const bool keeps = policy().keep_alive > Milliseconds(0);
  const Clock::time_point since = Clock::now();
  for (;;) {
    worker.woken = false;
    idle_.push_back(&worker);
    const Clock::time_point end = since + kIdle;
    const Clock::time_point touch = keeps ? Clock::now() + policy().keep_alive : end;
    worker.wake.wait_until(lock, std::min(end, touch), [&] { return worker.woken; });
    if (worker.woken) return true;
    idle_.erase(std::find(idle_.begin(), idle_.end(), &worker));
    if (Clock::now() >= end && active() > 1) return false;
    if (!keeps || !working() || worker.session.handle() == 0) continue;
    const auto job = std::make_shared<Job>();
    job->work = [](Session& session) {
      bool logged_in = false;
      return session.Check("C_GetSessionInfo", session.Probe(logged_in));
    };
    job->settle = [](Status) {};
    job->deadline = Clock::now() + policy().deadline;
    if (job->deadline < watch_until_) watch_.notify_all();
    Execute(worker, job, lock);
    if (!queue_.empty() || active() > limit_) return true;
  }
}

Status Pool::AttemptOnce(Session& session, Job& job) {
  MORTISE_CHECK(token_.Load());
  Module& module = *token_.module();
  module.Enter();
  Status status = session.Prepare();
  if (status.ok()) status = job.work(session);
  module.Leave();
  return status;
}

// What is done on each return code stands in the table (return_codes.h); each remedy is tried once.
std::optional<Status> Pool::Attempt(Worker& worker, const JobRef& job) {
  Session& session = worker.session;
  bool tried[16] = {};
  int lost = 0;
  for (int attempt = 0;; attempt++) {
    // Nobody waits for it any more.
    if (job->settled || Clock::now() >= job->deadline) return Status(Error{Code::kHsmTimeout});
    session.Begin(attempt);
    const uint64_t generation = token_.generation();
    Status status = AttemptOnce(session, *job);
    if (status.ok()) {
      suspicious_ = 0;
      return status;
    }
    const CK_RV fault = session.fault();
    const Code code = status.error().code;
    if (fault == CKR_OK) {
      if ((code == Code::kHsmTokenNotFound || code == Code::kHsmModule) && !Break(generation, status.error().message)) continue;
      if (code == Code::kHsmLoginRefused) Refuse(status.error());
      return status;
    }
    // Whatever the token says of a ciphertext, the one who sent it must not bring it down: the session tells whether it is the device.
    const Action action = code == Code::kDecryptionFailed ? Action::kProbe : ReturnCodeOf(fault).action;
    bool& again = tried[static_cast<size_t>(action)];
    switch (action) {
      case Action::kNewSession:
        session.Lose();
        if (++lost > 2) return status;
        // Where the token has lost all of them, its handles may be those of other keys by now.
        if (lost == 2 || !IsAnchored(session)) token_.GiveUp(generation);
        break;
      case Action::kFindAgain: {
        if (again) return status;
        bool logged_in = true;
        token_.module()->Enter();
        const CK_RV answer = session.Probe(logged_in);
        token_.module()->Leave();
        if (answer == CKR_OK && !logged_in && token_.options().pin.size() > 0) token_.GiveUp(generation);
        session.ForgetKeys();
        break;
      }
      case Action::kLogIn:
        if (again) return status;
        token_.GiveUp(generation);
        break;
      case Action::kRefused: Refuse(status.error()); return status;
      case Action::kFewerSessions: {
        bool queued = false;
        if (!AwaitSession(job, queued)) return status;
        if (queued) return std::nullopt;
        break;
      }
      case Action::kCleanSession:
        if (again) return status;
        token_.module()->Enter();
        session.Close();
        token_.module()->Leave();
        break;
      case Action::kBreak:
        if (Break(generation, status.error().message) || again) return status;
        break;
      case Action::kReinitialize:
        if (again) return status;
        token_.module()->MarkFinalized();
        Break(generation, status.error().message, true);
        if (!AwaitRecovery(*job)) return status;
        break;
      case Action::kProbe: {
        bool logged_in = true;
        CK_RV answer = fault;
        if (session.handle() != 0) {
          token_.module()->Enter();
          answer = session.Probe(logged_in);
          token_.module()->Leave();
        }
        if (answer == CKR_OK) {
          if (code == Code::kDecryptionFailed) return status;
          if (++suspicious_ < kMostSuspicious) return status;
          suspicious_ = 0;
        } else if (ReturnCodeOf(answer).action == Action::kNewSession && !again) {
          session.Lose();
          break;
        }
        Break(generation, status.error().message);
        return Status(Unavailable(status.error().message));
      }
      case Action::kNone:
      case Action::kGrow:
      case Action::kFail: return status;
    }
    again = true;
    token_.counters().retries++;
  }
}

// Whether the session that holds the login is still there.
bool Pool::IsAnchored(Session& session) {
  Module& module = *token_.module();
  module.Enter();
  const bool anchored = token_.KeepAlive(session).ok();
  module.Leave();
  return anchored;
}

// The token has no more sessions for us: a thread that has one does the job, or else the first one is waited for a little.
bool Pool::AwaitSession(const JobRef& job, bool& queued) {
  const Clock::time_point now = Clock::now();
  {
    const Lock lock(mutex_);
    const int64_t ours = token_.counters().sessions - 1 - static_cast<int64_t>(stuck_);
    if (ours >= 1 && working()) {
      limit_ = std::min(limit_, static_cast<size_t>(ours));
      limited_until_ = now + kFewer;
      queue_.push_front(job);
      queued_bytes_ += job->bytes;
      Dispatch();
      queued = true;
      return true;
    }
  }
  if (now >= std::min(job->deadline, job->queued + kPatience)) return false;
  std::this_thread::sleep_for(Milliseconds(20));
  return true;
}

bool Pool::AwaitRecovery(Job& job) {
  Lock lock(mutex_);
  recovered_.wait_until(lock, job.deadline, [&] { return working() || !hold_; });
  return working() && !job.settled;
}

// The clock.

void Pool::Watch() {
  Lock lock(mutex_);
  while (!finished_) {
    Settlements settlements;
    std::vector<std::function<void()>> closed;
    const Clock::time_point now = Clock::now();
    Expire(now, settlements);
    if (keeper_since_ != Clock::time_point::max() && now >= keeper_since_ + policy().generation_deadline) {
      keeper_since_ = Clock::time_point::max();
      if (state_ == State::kClosed) {
        closed.swap(closed_);
      } else {
        SetState(State::kPoisoned, "a call of the module does not return: restart the process if this lasts");
        hold_ = false;
        FailQueue(Unavailable(reason_), settlements);
        recovered_.notify_all();
      }
    }
    if (!settlements.empty() || !closed.empty()) {
      lock.unlock();
      SettleAll(settlements);
      for (const auto& one : closed) one();
      lock.lock();
      continue;
    }
    watch_until_ = NextDeadline();
    if (watch_until_ == Clock::time_point::max()) {
      watch_.wait(lock);
    } else {
      watch_.wait_until(lock, watch_until_);
    }
    watch_until_ = Clock::time_point::min();
  }
}

void Pool::Expire(Clock::time_point now, Settlements& settlements) {
  const Error timeout{Code::kHsmTimeout};
  for (auto job = queue_.begin(); job != queue_.end();) {
    if ((*job)->deadline > now) {
      ++job;
      continue;
    }
    queued_bytes_ -= (*job)->bytes;
    settlements.emplace_back(std::move(*job), timeout);
    job = queue_.erase(job);
  }
  size_t newly = 0;
  for (const auto& worker : workers_) {
    if (worker->job == nullptr || worker->stuck || worker->job->deadline > now) continue;
    settlements.emplace_back(worker->job, timeout);
    worker->stuck = true;
    if (worker->job->kind == JobKind::kMake) making_ = false;
    newly++;
  }
  timeouts_ += settlements.size();
  failed_ += settlements.size();
  stuck_ += newly;
  in_flight_ -= newly;
  if (newly == 0 || !working()) return;
  const std::string reason = "calls of the module do not return: restart the process if this lasts";
  if (2 * stuck_ >= limit_) {
    BreakLocked(reason, false, settlements);
    if (stuck_ >= most_) SetState(State::kPoisoned, reason);
  } else {
    SetState(State::kDegraded, reason);
    for (size_t i = 0; i < std::min(newly, queue_.size()); i++) Dispatch();
  }
}

Clock::time_point Pool::NextDeadline() const {
  Clock::time_point next = Clock::time_point::max();
  for (const JobRef& job : queue_) next = std::min(next, job->deadline);
  for (const auto& worker : workers_) {
    if (worker->job != nullptr && !worker->stuck) next = std::min(next, worker->job->deadline);
  }
  if (keeper_since_ != Clock::time_point::max()) next = std::min(next, keeper_since_ + policy().generation_deadline);
  return next;
}

// Failing and coming back.

bool Pool::Break(uint64_t generation, const std::string& reason, bool hold) {
  Settlements settlements;
  {
    const Lock lock(mutex_);
    if (token_.generation() != generation) return false;
    BreakLocked(reason, hold, settlements);
  }
  SettleAll(settlements);
  return true;
}

void Pool::BreakLocked(const std::string& reason, bool hold, Settlements& settlements) {
  if (!working()) return;
  const Clock::time_point now = Clock::now();
  relapses_ = now - last_recovery_ < kRelapse ? relapses_ + 1 : 0;
  next_recovery_ = relapses_ == 0 ? now : now + Delay(kFirstDelay / 2, relapses_, kLongestRelapseDelay);
  failures_ = 0;
  hold_ = hold;
  SetState(State::kDown, reason);
  if (!hold) FailQueue(Unavailable(reason), settlements);
  keep_.notify_all();
}

void Pool::Refuse(const Error& error) {
  Settlements settlements;
  {
    const Lock lock(mutex_);
    if (state_ == State::kClosed) return;
    hold_ = false;
    SetState(State::kRefused, error.message);
    FailQueue(error, settlements);
    recovered_.notify_all();
  }
  SettleAll(settlements);
}

void Pool::FailQueue(const Error& error, Settlements& settlements) {
  failed_ += queue_.size();
  for (JobRef& job : queue_) settlements.emplace_back(std::move(job), error);
  queue_.clear();
  queued_bytes_ = 0;
}

void Pool::SettleAll(Settlements& settlements) {
  for (auto& [job, status] : settlements) job->Finish(std::move(status));
  settlements.clear();
}

void Pool::SetState(State state, std::string reason) {
  const bool before = working();
  state_ = state;
  reason_ = std::move(reason);
  if (Module* const module = token_.module()) module->CountWorking(static_cast<int>(working()) - static_cast<int>(before));
}

void Pool::Keep() {
  Lock lock(mutex_);
  const bool keeps = policy().keep_alive > Milliseconds(0);
  Clock::time_point touched = Clock::now();
  while (!users_gone_) {
    const Clock::time_point now = Clock::now();
    const bool failed = state_ == State::kDown || (state_ == State::kPoisoned && stuck_ < most_);
    const bool touches = keeps && working() && now >= touched + policy().keep_alive;
    if ((failed && now >= next_recovery_) || touches) {
      if (failed) SetState(State::kRecovering, reason_);
      keeper_since_ = touched = now;
      watch_.notify_all();
      lock.unlock();
      failed ? Recover() : KeepAlive();
      lock.lock();
      keeper_since_ = Clock::time_point::max();
      continue;
    }
    if (failed) {
      keep_.wait_until(lock, next_recovery_);
    } else if (keeps && working()) {
      keep_.wait_until(lock, touched + policy().keep_alive);
    } else {
      keep_.wait_for(lock, Milliseconds(1000));
    }
  }
  Finish(lock);
}

void Pool::KeepAlive() {
  Session session(token_);
  const uint64_t generation = token_.generation();
  Module& module = *token_.module();
  module.Enter();
  const Status status = token_.KeepAlive(session);
  module.Leave();
  if (status.ok()) return;
  const Action action = ReturnCodeOf(session.fault()).action;
  if (action == Action::kBreak || action == Action::kReinitialize) {
    if (action == Action::kReinitialize) module.MarkFinalized();
    Break(generation, status.error().message, action == Action::kReinitialize);
  } else {
    // With the session that held the login, that is gone.
    token_.GiveUp(generation);
  }
}

// With new sessions; if that is not enough, the module is initialised again, for which everybody has to leave it.
void Pool::Recover() {
  Session session(token_);
  Status status = Reconnect(session);
  bool relapsed = false;
  size_t stuck = 0;
  {
    const Lock lock(mutex_);
    relapsed = relapses_ > 0;
    stuck = stuck_;
  }
  bool kept = false;
  const bool refused = !status.ok() && status.error().code == Code::kHsmLoginRefused;
  if (!refused && (!status.ok() || (relapsed && stuck == 0))) {
    CK_RV answer = CKR_OK;
    if (token_.module()->Reinitialize(Clock::now() + policy().deadline, answer)) {
      token_.counters().reinitializations++;
      token_.NewEpoch();
      status = answer == CKR_OK ? Reconnect(session) : session.Check("C_Initialize", answer);
    } else {
      kept = !status.ok() && stuck > 0;
    }
  }
  if (!status.ok() && status.error().code == Code::kHsmLoginRefused) return Refuse(status.error());
  Settlements settlements;
  {
    const Lock lock(mutex_);
    if (state_ == State::kClosed) return;
    const Clock::time_point now = Clock::now();
    if (status.ok()) {
      SetState(stuck_ > 0 ? State::kDegraded : State::kReady, "");
      last_recovery_ = now;
      suspicious_ = 0;
      for (size_t i = 0; i < std::min(queue_.size(), limit_); i++) Dispatch();
    } else {
      SetState(kept ? State::kPoisoned : State::kDown, status.error().message);
      next_recovery_ = now + Delay(kFirstDelay, failures_++, kLongestDelay);
      FailQueue(Unavailable(reason_), settlements);
    }
    hold_ = false;
    recovered_.notify_all();
  }
  SettleAll(settlements);
}

// A new generation, and whether that answers.
Status Pool::Reconnect(Session& session) {
  token_.GiveUp(token_.generation());
  Module& module = *token_.module();
  module.Enter();
  session.Begin(0);
  Status status = session.Prepare();
  if (status.ok()) {
    bool logged_in = false;
    status = session.Check("C_GetSessionInfo", session.Probe(logged_in));
    session.Close();
  }
  module.Leave();
  return status;
}

void Pool::Finish(Lock& lock) {
  const Clock::time_point until = Clock::now() + policy().deadline;
  keep_.wait_until(lock, until, [this] { return active() == 0; });
  const bool left = workers_.empty();
  keeper_since_ = Clock::now();
  watch_.notify_all();
  lock.unlock();
  if (left) token_.Disconnect();
  lock.lock();
  keeper_since_ = Clock::time_point::max();
  std::vector<std::function<void()>> closed;
  closed.swap(closed_);
  finished_ = true;
  watch_.notify_all();
  lock.unlock();
  for (const auto& one : closed) one();
  lock.lock();
}

}  // namespace mortise::pkcs11
