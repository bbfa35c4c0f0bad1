// The pool of sessions on a token: threads of its own that each have a session and do whole jobs with it, a queue with a limit,
// deadlines, and what becomes of all that when the token fails.
#pragma once

#include <deque>
#include <functional>

#include "pkcs11/session.h"

namespace mortise::pkcs11 {

// A whole operation. It may be done again from its beginning, and it may still be going on when its caller has been told that the
// deadline has passed: what it uses is its own.
using Work = std::function<Status(Session&)>;
// Hears what became of a job, once, on any thread.
using Settle = std::function<void(Status)>;

// A search may take as long as the making of keys. Of those that make keys one is done at a time: tokens are not at their best there.
enum class JobKind { kUse, kSearch, kMake };

enum class State { kOpening, kReady, kDegraded, kDown, kRecovering, kPoisoned, kRefused, kClosed };
const char* StateName(State state);

constexpr size_t kWaitBuckets = 24;

struct PoolStatus {
  State state;
  std::string reason;
  uint64_t generation;
  size_t threads;
  int64_t sessions;
  size_t limit;
  size_t queued;
  size_t in_flight;
  size_t stuck;
  uint64_t jobs;
  uint64_t failed;
  uint64_t busy;
  uint64_t timeouts;
  uint64_t logins;
  uint64_t finds;
  uint64_t sessions_opened;
  uint64_t retries;
  uint64_t reinitializations;
  // Until a token that is gone is tried again; 0 where it is not, or right now.
  uint64_t next_attempt_ms;
  std::vector<std::pair<const char*, uint64_t>> codes;
  uint64_t waits[kWaitBuckets];
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  // Joins the pool of this token in this process, or makes it; `opened` hears whether the token is there and lets us in. Whoever has joined
  // leaves, also after a failure.
  static Result<std::shared_ptr<Pool>> Join(Options options, Settle opened);
  // The last one that leaves closes it; `closed` is called once its sessions are.
  void Leave(std::function<void()> closed);
  // For a process that is about to end: waits a little for what is under way, whose module is about to be taken apart.
  bool AwaitIdle(Milliseconds patience);

  // `bytes` of memory are held until the job is done.
  void Run(JobKind kind, size_t bytes, Work work, Settle settle);
  const Capabilities& capabilities() const { return token_.capabilities(); }
  const Policy& policy() const { return token_.options().policy; }
  TokenKeyRef Key(KeyIdentity identity) { return token_.Key(std::move(identity)); }
  PoolStatus status();

  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

 private:
  struct Job;
  struct Worker;
  using JobRef = std::shared_ptr<Job>;
  using Lock = std::unique_lock<std::mutex>;
  // Settled once the lock is given back.
  using Settlements = std::vector<std::pair<JobRef, Status>>;

  explicit Pool(Options options);
  void Start();
  template <void (Pool::*body)()>
  static void* Thread(void* pool);
  static void* WorkerThread(void* worker);
  static void SettleAll(Settlements& settlements);

  // Threads that do jobs.
  void StartWorker();
  void Dispatch();
  void DoJobs(const std::shared_ptr<Worker>& worker);
  void Execute(Worker& worker, JobRef job, Lock& lock);
  JobRef Take();
  bool AwaitJob(Worker& worker, Lock& lock);
  void Returned();
  // Nothing where the job waits again, for a thread that has a session.
  std::optional<Status> Attempt(Worker& worker, const JobRef& job);
  Status AttemptOnce(Session& session, Job& job);
  bool IsAnchored(Session& session);
  bool AwaitRecovery(Job& job);
  bool AwaitSession(const JobRef& job, bool& queued);
  size_t active() const { return workers_.size() - stuck_; }
  bool working() const { return state_ == State::kReady || state_ == State::kDegraded; }
  bool serving() const { return working() || state_ == State::kOpening; }

  // The thread that looks at the clock and never calls the module.
  void Watch();
  void Expire(Clock::time_point now, Settlements& settlements);
  Clock::time_point NextDeadline() const;

  // The thread that brings the token back, and closes it.
  void Keep();
  void Recover();
  Status Reconnect(Session& session);
  void KeepAlive();
  void Finish(Lock& lock);

  // False where that generation is over anyway.
  bool Break(uint64_t generation, const std::string& reason, bool hold = false);
  void BreakLocked(const std::string& reason, bool hold, Settlements& settlements);
  void Refuse(const Error& error);
  void FailQueue(const Error& error, Settlements& settlements);
  void SetState(State state, std::string reason);

  Token token_;
  const pid_t owner_;

  std::mutex mutex_;
  State state_ = State::kOpening;
  std::string reason_;
  std::deque<JobRef> queue_;
  size_t queued_bytes_ = 0;
  std::vector<std::shared_ptr<Worker>> workers_;
  // Those that wait, the last one to have worked behind.
  std::vector<Worker*> idle_;
  // Threads at most: by the policy and the token, and by now.
  size_t most_ = 1;
  size_t limit_ = 1;
  Clock::time_point limited_until_{};
  size_t stuck_ = 0;
  bool making_ = false;
  size_t in_flight_ = 0;
  // Jobs in a row that failed with what may be the device's fault, though it answers.
  std::atomic<size_t> suspicious_{0};
  // The queue waits for the recovery instead of failing.
  bool hold_ = false;
  bool users_gone_ = false;
  bool finished_ = false;
  std::vector<std::function<void()>> closed_;
  std::condition_variable watch_;
  Clock::time_point watch_until_ = Clock::time_point::max();
  std::condition_variable keep_;
  std::condition_variable recovered_;
  Clock::time_point next_recovery_{};
  Clock::time_point last_recovery_{};
  Clock::time_point keeper_since_ = Clock::time_point::max();
  size_t failures_ = 0;
  size_t relapses_ = 0;

  uint64_t jobs_ = 0;
  uint64_t failed_ = 0;
  uint64_t busy_ = 0;
  uint64_t timeouts_ = 0;
  uint64_t waits_[kWaitBuckets] = {};

  // Of the registry.
  std::string name_;
  size_t users_ = 0;
};

}  // namespace mortise::pkcs11
